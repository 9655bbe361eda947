import * as tf from '@tensorflow/tfjs-core'
import { readSafetensors } from '@univ/checkpoint'
import { compile, type Program } from '@univ/compile'
import type { HostArray } from '@univ/nn'
import { describe, expect, it } from 'vitest'
import { collapseBound, pcclLogits, pcclLoss } from './loss'
import { pcclObjective } from './objective'
import { attentionPseudoLabels, pseudoLabels, similarityPseudoLabels } from './pseudo-label'

const path = new URL('../../../fixtures/golden/mcmae-tiny/pccl.safetensors', import.meta.url).pathname
const array = (values: number[], shape: number[]): HostArray => ({
  shape,
  dtype: 'float32',
  data: Float32Array.from(values),
})

async function run(program: Program, inputs: Record<string, HostArray>): Promise<Record<string, HostArray>> {
  const compiled = await compile(program, { inputs }, { engine: 'cpu' })
  const outputs = await compiled.run(inputs)
  await compiled.dispose()
  return outputs
}

describe('PCCL against the authors’ PyTorch', async () => {
  const { tensors } = await readSafetensors(path)
  const golden = (name: string): HostArray => {
    const { shape, data } = tensors.get(name)!
    return { shape, dtype: 'float32', data: Float32Array.from(data as Float32Array) }
  }

  it('gives the same pseudo-labels, every one', async () => {
    const { labels } = await run(
      ({ inputs }) => ({ outputs: { labels: attentionPseudoLabels(inputs.attention as tf.Tensor4D) } }),
      { attention: golden('attention') },
    )
    expect(labels!.data).toEqual(golden('pseudo_label').data)
  })

  it('gives the same losses and gradients', async () => {
    const inputs = {
      ir: golden('ir'),
      visible: golden('visible'),
      anchor: golden('anchor'),
      attention: golden('attention'),
    }
    const outputs = await run(({ inputs: given }) => {
      const labels = attentionPseudoLabels(given.attention as tf.Tensor4D)
      const total = (ir: tf.Tensor, rgb: tf.Tensor) =>
        pcclObjective({
          ir: ir as tf.Tensor3D,
          rgb: rgb as tf.Tensor3D,
          anchors: given.anchor as tf.Tensor3D,
          labels,
        })
      const [gradIr, gradRgb] = tf.grads((ir, rgb) => total(ir, rgb).total)([given.ir!, given.visible!]) as [
        tf.Tensor,
        tf.Tensor,
      ]
      const { ia, va } = total(given.ir!, given.visible!)
      return { outputs: { ia, va, gradIr, gradRgb } }
    }, inputs)
    expect(outputs.ia!.data[0]).toBeCloseTo(golden('loss_ia').data[0]!, 5)
    expect(outputs.va!.data[0]).toBeCloseTo(golden('loss_va').data[0]!, 5)
    for (const [ours, name] of [
      ['gradIr', 'grad_ir'],
      ['gradRgb', 'grad_visible'],
    ] as const) {
      const wanted = golden(name).data
      const scale = Math.max(...wanted.map(Math.abs))
      outputs[ours]!.data.forEach(
        (value, i) => void expect(Math.abs(value - wanted[i]!)).toBeLessThan(1e-4 * scale),
      )
    }
  })
})

describe('pseudo-labels', () => {
  it('are the largest entries within the mass; a row led by more than it has none', async () => {
    const weights = array([0.3, 0.1, 0.2, 0.4, 0.7, 0.1, 0.1, 0.1, 0.25, 0.25, 0.3, 0.2], [1, 3, 4])
    const { labels } = await run(
      ({ inputs }) => ({ outputs: { labels: pseudoLabels(inputs.weights as tf.Tensor3D, 0.6) } }),
      { weights },
    )
    expect([...labels!.data].slice(0, 8)).toEqual([0, 0, 0, 1, 0, 0, 0, 0])
    // Equal weights at the threshold: 0.3 + 0.25 fit, and both patches of 0.25 count, where the reference takes either.
    expect([...labels!.data].slice(8)).toEqual([1, 1, 1, 0])
  })

  it('by similarity join the patches that look alike', async () => {
    const vectors = array([1, 0, 1, 0.1, 0, 1, 0.1, 1], [1, 4, 2])
    const { labels } = await run(
      ({ inputs }) => ({
        outputs: {
          labels: similarityPseudoLabels(inputs.vectors as tf.Tensor3D, { temperature: 0.5, mass: 0.985 }),
        },
      }),
      { vectors },
    )
    expect([...labels!.data].slice(0, 4)).toEqual([1, 1, 0, 0])
  })
})

describe('the loss', () => {
  it('is the same for the map and for its transpose', async () => {
    const logits = array([1, -2, 0.5, 3], [1, 2, 2])
    const labels = array([1, 0, 0, 1], [1, 2, 2])
    const { straight, turned } = await run(
      ({ inputs }) => {
        const flip = (t: tf.Tensor) => tf.transpose(t, [0, 2, 1]) as tf.Tensor3D
        return {
          outputs: {
            straight: pcclLoss(inputs.logits as tf.Tensor3D, inputs.labels as tf.Tensor3D),
            turned: pcclLoss(flip(inputs.logits!), flip(inputs.labels!)),
          },
        }
      },
      { logits, labels },
    )
    expect(straight!.data[0]).toBeCloseTo(turned!.data[0]!, 6)
    expect(straight!.data[0]).toBeCloseTo(
      (Math.log1p(Math.exp(-1)) +
        Math.log1p(Math.exp(-2)) +
        Math.log1p(Math.exp(0.5)) +
        Math.log1p(Math.exp(-3))) /
        4,
      5,
    )
  })

  it('starts below 1 with a learned scale of 10 and bias of -6', async () => {
    const tokens = array(
      Array.from({ length: 24 }, (_, i) => Math.sin(i * 7)),
      [1, 6, 4],
    )
    const { loss } = await run(
      ({ inputs }) => {
        const t = inputs.tokens as tf.Tensor3D
        return {
          outputs: {
            loss: pcclLoss(
              pcclLogits(t, t, { scale: tf.scalar(10), bias: tf.scalar(-6) }),
              tf.reshape(tf.eye(6), [1, 6, 6]) as tf.Tensor3D,
            ),
          },
        }
      },
      { tokens },
    )
    expect(loss!.data[0]).toBeLessThan(1)
  })

  it('knows what collapse would give', async () => {
    const { bound } = await run(({ inputs }) => ({ outputs: { bound: collapseBound(inputs.p!) } }), {
      p: array([0.27], []),
    })
    expect(bound!.data[0]).toBeCloseTo(0.5833, 3)
  })
})
