import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildDataset, writeShards, writeSyntheticPairs } from '@univ/mvip'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { writeTinyEncoder } from '../../../packages/backbone/src/testing/tiny-encoder'
import { epochLines } from '../../../packages/train/src/testing/epoch-lines'
import { pretrainSchema } from './config/pretrain-schema'
import { readConfig } from './config/read-config'
import { pretrain } from './pretrain'

const root = mkdtempSync(join(tmpdir(), 'pretrain-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const at = (...names: string[]) => join(root, ...names)
beforeAll(async () => {
  await writeTinyEncoder(at('teacher.safetensors'))
  await writeSyntheticPairs(at('pairs'), { pairs: 12, size: 64 })
  await buildDataset({ sources: [at('pairs')], out: at('built'), duplicates: 'report', misaligned: 'report' })
  await writeShards(at('built'), { out: at('shards') })
})

const config = (...roots: string[]) => {
  writeFileSync(
    at('pretrain.yaml'),
    `engine: cpu
threads: 1
teacher: { checkpoint: ${at('teacher.safetensors')} }
data:
  roots: [${roots.join(', ')}]
  size: 32
  workers: 1
logits: { kind: fitted }
lora: { rank: 2 }
train: { epochs: 1, batch: 2, warmupEpochs: 0 }
`,
  )
  return readConfig(pretrainSchema, at('pretrain.yaml'), [])
}
const run = async (out: string, ...roots: string[]) => {
  const outcome = await pretrain(config(...roots), { out: at(out) })
  const [line] = epochLines(at(out))
  return { ...outcome, loss: line!.loss! }
}

describe('pre-training', () => {
  it('is the same run from a built dataset as from the folders that it was built of', async () => {
    const list = at('train.txt')
    const records = readFileSync(at('built', 'manifest.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    const train = records.filter(({ split }) => split === 'train').map(({ id }) => `${id.split('/').at(-1)}`)
    expect(train.length).toBeGreaterThan(2)
    expect(train.length).toBeLessThan(12)
    writeFileSync(list, train.join('\n'))
    const folders = await run('folders', `{ path: ${at('pairs')}, list: ${list} }`)
    const built = await run('dataset', `{ path: ${at('built')} }`)
    expect(built.position).toEqual(folders.position)
    expect(built.loss).toBe(folders.loss)
  })

  it('takes shards, and several roots of different kinds', async () => {
    const { finished, position, loss } = await run(
      'mixed',
      `{ path: ${at('shards')} }`,
      `{ path: ${at('pairs')} }`,
    )
    expect([finished, position.step]).toEqual([true, 12]) // twice twelve pairs, two at a time
    expect(loss).toBeGreaterThan(0)
  })

  it('stops at an image that cannot be decoded, or lets the next pair stand in for it, told once in two epochs', async () => {
    cpSync(at('pairs'), at('torn'), { recursive: true })
    const torn = at('torn', 'ir', readdirSync(at('torn', 'ir'))[3]!)
    truncateSync(torn, 60)
    const roots = `{ path: ${at('torn')} }`
    await expect(run('refused', roots)).rejects.toThrow(torn)
    const said = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    const told = () => said.mock.calls.map(([line]) => `${line}`).filter((line) => line.includes('left out'))
    const given = config(roots)
    const [data, train] = [
      { ...given.data, onCorrupt: { skip: 1 } },
      { ...given.train, epochs: 2 },
    ]
    const { finished, position } = await pretrain({ ...given, data, train }, { out: at('spared') })
    expect([finished, position.step]).toEqual([true, 12])
    expect(told()).toEqual([expect.stringContaining(`the next one stands in for it: ${torn}`)])
    said.mockRestore()
  })

  it('says what there is not', async () => {
    await expect(run('a', `{ path: ${at('shards')}, split: val }`)).rejects.toThrow('packed from')
    await expect(run('b', `{ path: ${at('pairs')}, split: val }`)).rejects.toThrow(
      'folders of pairs have none',
    )
    const far = config(`{ path: ${at('pairs')} }`)
    await expect(pretrain({ ...far, data: { ...far.data, shift: 2 } }, { out: at('d') })).rejects.toThrow(
      'a shift of 2 patches; at size 32, 2 patches a side, a whole number from 0 to 1 is wanted',
    )
    await expect(run('d', `{ path: ${at('pairs')} }`, `{ path: ${at('pairs')}/ }`)).rejects.toThrow(
      'are one folder: its pairs would count twice',
    )
    expect(() => config(`{ path: x, split: all }`)).toThrow('data.roots.0.split')
    writeFileSync(at('none.txt'), 'nobody')
    await expect(run('c', `{ path: ${at('pairs')}, list: ${at('none.txt')} }`)).rejects.toThrow(
      /no pairs of those listed in .*none\.txt/,
    )
  })

  it('is resumed with the same teacher and the same pairs only', async () => {
    cpSync(at('pairs'), at('fewer'), { recursive: true })
    const roots = `{ path: ${at('fewer')} }`
    await run('again', roots)
    const again = () => pretrain(config(roots), { out: at('again'), resume: true })
    expect((await again()).finished).toBe(true)
    for (const folder of ['vi', 'ir']) rmSync(at('fewer', folder, readdirSync(at('fewer', folder))[0]!))
    await expect(again()).rejects.toThrow('resume: 12 pairs were trained on, there are 11')
    const teacher = readFileSync(at('teacher.safetensors'))
    teacher[teacher.length - 1]! ^= 1
    writeFileSync(at('teacher.safetensors'), teacher)
    await expect(again()).rejects.toThrow(
      `resume: the teacher ${at('teacher.safetensors')} is not the file that the run began with`,
    )
  })
})
