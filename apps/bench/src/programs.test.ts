import { spawnSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readFlags } from '@univ/command-line'
import { describe, expect, it } from 'vitest'
import { runByTurns } from './by-turns'
import { measure } from './measure'
import { benchFlags, consistentOptions, type TaskOptions } from './options'
import { pacedPeer, peerObstacle } from './programs'

const read = (line: string) => consistentOptions(readFlags(benchFlags, line.split(' ')).values) as TaskOptions
const hasPython = spawnSync('python3', ['--version']).status === 0

/** Times its runs as the PyTorch peer does, needs nothing and does nothing. */
const idlePeer = `
import argparse, json, time
def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("task")
    for name in ("model", "batch", "size", "runs", "style", "device", "dtype", "threads"):
        ap.add_argument("--" + name)
    ap.add_argument("--full", action="store_true")
    o = ap.parse_args()
    times = []
    for _ in range(int(o.runs)):
        start = time.perf_counter(); time.sleep(0.01)
        times.append((time.perf_counter() - start) * 1e3)
    print(json.dumps({"ms": sorted(times)[len(times) // 2], "per_second": 1, "peak_rss_mb": 1, "given": vars(o)}))
`

describe('programs by turns', () => {
  it('measure ours when they are told to', async () => {
    const heard: (string | number)[] = []
    const pace = {
      next: async () => void heard.push('next'),
      ran: (ms: number) => void heard.push(ms),
      end: () => void heard.push('end'),
    }
    const options = read('--task infer --model tiny --batch 1 --size 32 --engine cpu --runs 2 --warm-ups 1')
    const { ms } = await measure(options, { pace })
    expect(heard).toEqual(['next', expect.any(Number), 'next', expect.any(Number), 'end'])
    expect(ms).toBeCloseTo(Math.max(...heard.filter((each) => typeof each === 'number')), 1)
  })

  it.skipIf(!hasPython)('give the peer its turns, and the task as ours has it', async () => {
    const peer = join(mkdtempSync(join(tmpdir(), 'univ-peer-')), 'peer.py')
    writeFileSync(peer, idlePeer)
    const options = read(`--task step --full --batch 3 --threads 2 --runs 3 --beside peer --peer ${peer}`)
    const [turns] = await runByTurns([pacedPeer(options, 'webgpu')], 3)
    expect(turns!.times).toHaveLength(3)
    for (const ms of turns!.times) expect(ms).toBeGreaterThanOrEqual(10)
    expect(turns!.result.ms).toBeCloseTo([...turns!.times].sort((a, b) => a - b)[1]!, 0)
    expect(turns!.result.given).toMatchObject({
      task: 'step',
      batch: '3',
      full: true,
      style: 'best',
      device: 'cuda',
      dtype: 'float32',
    })
  })

  it('says why the peer cannot run', () => {
    const given = '--task step --beside peer --peer'
    expect(peerObstacle(read(`${given} none.py`))).toBe('none.py is not there; give --peer FILE')
    expect(peerObstacle(read(`${given} package.json --python no-such-python`))).toContain('give --python')
  })
})
