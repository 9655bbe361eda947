import * as tf from '@tensorflow/tfjs-core'
import { readSafetensors } from '@univ/checkpoint'
import { compile } from '@univ/compile'
import { type HostArray, rng, type Tree, unflattenTree } from '@univ/nn'
import { beforeAll, describe, expect, it } from 'vitest'
import { batchNorms, initStatistics } from './batch-norms'
import { type FcnParams, fcnHead, initFcn } from './fcn'
import { fromHeadNames, toHeadNames } from './head-names'
import { pixelLoss } from './loss'
import { flat, nhwc, relativeError } from './testing/arrays'
import { initUpernet, type UpernetParams, upernet } from './upernet'

const path = new URL('../../../../fixtures/golden/upernet.safetensors', import.meta.url).pathname
const shapes = {
  decodeHead: initUpernet([24, 32, 48, 48], 32, 9, rng(0)),
  auxiliaryHead: initFcn(48, 16, 9, rng(0)),
}

// Hugging Face's UPerNet in PyTorch, float32. 1e-4 of the largest value leaves room for the order of sums.
describe('UPerNet and its auxiliary head against PyTorch', () => {
  const golden = new Map<string, HostArray>()
  let arrays: Record<string, HostArray>
  beforeAll(async () => {
    const { tensors } = await readSafetensors(path)
    for (const [name, { shape, data }] of tensors)
      golden.set(name, { shape, dtype: 'float32', data: Float32Array.from(data as Float32Array) })
    const state = [...golden].flatMap(([name, array]) =>
      name.startsWith('weights.')
        ? [
            [
              name
                .replace('weights.head.', 'decode_head.')
                .replace('weights.aux.', 'auxiliary_head.')
                .replace('.batch_norm.', '.bn.')
                .replace('.classifier.', '.conv_seg.'),
              array,
            ] as const,
          ]
        : [],
    )
    const like = flat(shapes)
    arrays = fromHeadNames({ ...like, ...initStatistics(like) }, new Map(state))
    expect(Object.keys(toHeadNames(arrays)).sort()).toEqual(state.map(([name]) => name).sort())
  })

  async function run(training: boolean) {
    const labels = golden.get('labels')!
    const inputs: Record<string, HostArray> = {
      labels: { ...labels, dtype: 'int32', data: Int32Array.from(labels.data) },
    }
    for (let i = 0; i < 4; i++) inputs[`feature${i}`] = nhwc(golden.get(`feature${i}`)!)
    const program = await compile(
      ({ inputs: given, constants }) => {
        const all = constants as Record<string, tf.Tensor>
        const { decodeHead, auxiliaryHead } = unflattenTree(all) as unknown as {
          decodeHead: UpernetParams
          auxiliaryHead: FcnParams
        }
        const forward = (...values: tf.Tensor[]) => {
          const norms = batchNorms(all, training)
          const maps = values.map((map, i) => ({ stride: 4 * 2 ** i, values: map as tf.Tensor4D }))
          return {
            logits: upernet(maps, decodeHead, norms),
            aux: fcnHead(maps[2]!, auxiliaryHead, norms),
          }
        }
        const loss = (...values: tf.Tensor[]) => {
          const { logits, aux } = forward(...values)
          const of = (t: tf.Tensor4D) => pixelLoss(t, given.labels as tf.Tensor3D).loss
          return tf.add(of(logits), tf.mul(of(aux), 0.4)) as tf.Scalar
        }
        const maps = [0, 1, 2, 3].map((i) => given[`feature${i}`]!)
        const { value, grads } = tf.valueAndGrads(loss)(maps)
        const gradients = Object.fromEntries(grads.map((grad, i) => [`grad_feature${i}`, grad]))
        const { logits, aux } = forward(...maps)
        return { outputs: { loss: value, logits, aux_logits: aux, ...gradients } }
      },
      { inputs, constants: arrays as Tree<HostArray> },
      { engine: 'cpu' },
    )
    const outputs = await program.run(inputs)
    await program.dispose()
    return outputs
  }

  it.each([
    ['eval', false],
    ['train', true],
  ])('%s: logits, loss and the gradient of every map', async (mode, training) => {
    const outputs = await run(training)
    expect(Object.keys(outputs)).toHaveLength(7)
    for (const [name, array] of Object.entries(outputs)) {
      const wanted = golden.get(`${mode}_${name}`)!
      expect(relativeError(array, name === 'loss' ? wanted : nhwc(wanted)), name).toBeLessThan(1e-4)
    }
  })
})
