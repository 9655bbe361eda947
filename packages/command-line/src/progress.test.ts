import { describe, expect, it } from 'vitest'
import { durationText } from './duration'
import { openPace } from './pace'
import { openProgress, withProgress } from './progress'

/** A stream that keeps what is written, and a clock that is set by hand. */
function stage(isTTY: boolean, columns = 120) {
  const written: string[] = []
  const clock = { seconds: 0 }
  const stream = { isTTY, columns, write: (text: string | Uint8Array) => written.push(String(text)) > 0 }
  return { written, clock, options: { stream, now: () => clock.seconds * 1000 } }
}

describe('progress', () => {
  it('is a plain line now and then where there is no terminal', () => {
    const { written, clock, options } = stage(false)
    const progress = openProgress('encoding', { ...options, unit: 'images', each: 2 })
    for (let done = 0; done <= 30; done++) {
      clock.seconds = 2 * done
      progress.at(done, 30, 'loss 0.5')
    }
    progress.end()
    expect(written).toEqual([
      'encoding 10/30 · 1.0 images/s · 40 s left · loss 0.5\n',
      'encoding 20/30 · 1.0 images/s · 20 s left · loss 0.5\n',
      'encoding 30/30 · 1.0 images/s · 0 s left · loss 0.5\n',
    ])
  })

  it('says nothing of short work, and lets others speak', () => {
    const { written, clock, options } = stage(false)
    const progress = openProgress('encoding', options)
    progress.at(1, 2)
    progress.say('one is done')
    clock.seconds = 19
    progress.at(2, 2)
    expect(written).toEqual(['one is done\n'])
  })

  it('is a bar on a terminal, gone in the end, with lines above it', () => {
    const { written, clock, options } = stage(true)
    const progress = openProgress('packing', { ...options, unit: 'pairs' })
    progress.at(0, 4)
    clock.seconds = 2
    progress.at(1, 4)
    progress.say('epoch 1')
    progress.end()
    const text = written.join('')
    expect(text).toContain('packing -------------------- 0/4')
    expect(text).toContain('\r\u001b[Kepoch 1\n')
    expect(text).toContain('1/4 · 0.50 pairs/s · 6 s left')
    // The line of the bar is cleared; the cursor is never sent to where the bar began, nor hidden.
    expect(text.endsWith('\u001b[1G\u001b[2K')).toBe(true)
    for (const change of ['\u001b7', '\u001b8', '\u001b[?25l', '\u001b[?7l'])
      expect(text).not.toContain(change)
  })

  it('is cut at the width of the terminal', () => {
    const { written, options } = stage(true, 20)
    const progress = openProgress('packing', options)
    progress.at(0, 4)
    progress.end()
    expect(Math.max(...written.map((text) => text.length))).toBe(20)
  })

  it('ends with its work, also where that fails', async () => {
    const { written, options } = stage(true)
    const failing = withProgress(
      'packing',
      async (report) => {
        report(1, 2)
        throw new Error('full disk')
      },
      options,
    )
    await expect(failing).rejects.toThrow('full disk')
    expect(written.at(-1)).toBe('\u001b[2K')
    expect(await withProgress('packing', async () => 3, options)).toBe(3)
  })
})

describe('the pace', () => {
  it('begins with the first report: what was done before counts for nothing', () => {
    const clock = { seconds: 5 }
    const pace = openPace(() => clock.seconds * 1000)
    expect(pace(100, 120)).toEqual({ rate: Number.NaN, left: Number.NaN })
    clock.seconds = 9
    expect(pace(108, 120)).toEqual({ rate: 2, left: 6 })
  })

  it('is that of the last minute, or of the last ten reports where they took longer', () => {
    const clock = { seconds: 0 }
    const pace = openPace(() => clock.seconds * 1000)
    pace(0, 1e6)
    clock.seconds = 1
    pace(1000, 1e6) // a burst
    for (clock.seconds = 2; clock.seconds <= 70; clock.seconds++) pace(1000 + clock.seconds, 1e6)
    clock.seconds = 80
    expect(pace(1080, 1e6).rate).toBe(1)
    for (let i = 1; i <= 12; i++) {
      clock.seconds = 80 + 100 * i
      pace(1080 + i, 1e6)
    }
    clock.seconds += 100
    expect(pace(1093, 1e6).rate).toBe(0.01)
  })
})

describe('a duration', () => {
  it('is told in two units', () => {
    expect([12.4, 200, 3900, Number.NaN, Infinity].map(durationText)).toEqual([
      '12 s',
      '3 min 20 s',
      '1 h 05 min',
      '–',
      '–',
    ])
  })
})
