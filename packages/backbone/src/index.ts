export { features, initBackbone } from './backbone'
export type { BackboneConfig, DecoderConfig, McmaeConfig, VitConfig } from './configs'
export {
  backboneVariants,
  blockCount,
  mcmaeVariants,
  stageWidths,
  tokenStride,
  tokenWidth,
  vitVariants,
} from './configs'
export type { BlockFeatures, FeatureMap, FeatureOptions, Features } from './features'
export type { FineTuningOptions } from './fine-tuning'
export { fineTuned } from './fine-tuning'
export { inferConfig } from './infer-config'
export type { LoadedBackbone, LoadOptions } from './load'
export { encoderOnly, loadBackbone, saveBackbone } from './load'
export type { LoraConfig, LoraTree } from './lora'
export { initLora, mergeLora, paperLora, withLora } from './lora'
export type { MaskedAutoencoderParams, PatchMask } from './masked-autoencoder'
export { drawMask, initDecoder, maskedAutoencoder } from './masked-autoencoder'
export type { McmaeParams } from './mcmae'
export { mcmae } from './mcmae'
export { fromTorchNames, inversePermutation, permute, torchPlace, toTorchNames } from './torch-names'
export type { BlockParams } from './transformer-block'
export type { VitParams } from './vit'
export { embedVit, vit } from './vit'
export type { WindowOptions } from './window-attention'
