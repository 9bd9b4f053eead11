import { describe, expect, test } from 'vitest'
import { SharedRead } from '../../src/scheduling/shared-read.ts'

/** A read that the test completes, with the number of the run as its result. */
class GatedRead {
  readonly ends: PromiseWithResolvers<number>[] = []
  readonly signals: AbortSignal[] = []
  readonly shared = new SharedRead((signal) => {
    this.signals.push(signal)
    const end = Promise.withResolvers<number>()
    this.ends.push(end)
    return end.promise
  })

  get started(): number {
    return this.ends.length
  }

  async end(run: number): Promise<void> {
    this.ends[run]?.resolve(run)
    await settled()
  }

  async fail(run: number): Promise<void> {
    this.ends[run]?.reject(new Error(`run ${run}`))
    await settled()
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('a shared read', () => {
  test('starts after the calls for it, and runs once for all waiting callers', async () => {
    const gate = new GatedRead()
    const first = gate.shared.get()
    const others = [gate.shared.get(), gate.shared.get(), gate.shared.get()]
    expect(gate.started).toBe(1)
    await gate.end(0)
    expect(gate.started).toBe(2)
    const late = gate.shared.get()
    await gate.end(1)
    await gate.end(2)
    expect(await first).toBe(0)
    expect(await Promise.all(others)).toEqual([1, 1, 1])
    expect(await late).toBe(2)
    expect(gate.started).toBe(3)
  })

  test('runs again for a call when none is running', async () => {
    const gate = new GatedRead()
    for (const run of [0, 1, 2]) {
      const read = gate.shared.get()
      await gate.end(run)
      expect(await read).toBe(run)
    }
  })

  test('continues while a caller waits for it, and is aborted when none does', async () => {
    const gate = new GatedRead()
    const [one, other] = [new AbortController(), new AbortController()]
    const first = gate.shared.get()
    const leavers = [one, other].map(({ signal }) => gate.shared.get(signal))
    const left = Promise.allSettled(leavers)
    await gate.end(0)
    one.abort('one')
    expect(gate.signals[1]?.aborted).toBe(false)
    other.abort('other')
    expect(gate.signals[1]?.aborted).toBe(true)
    await gate.fail(1)
    expect(await left).toEqual([
      { status: 'rejected', reason: 'one' },
      { status: 'rejected', reason: 'other' },
    ])
    expect(await first).toBe(0)
  })

  test('does not run if all callers left before it started, unless others called later', async () => {
    const gate = new GatedRead()
    const controller = new AbortController()
    const first = gate.shared.get()
    const left = expect(gate.shared.get(controller.signal)).rejects.toBe('aborted')
    controller.abort('aborted')
    const after = gate.shared.get()
    await gate.end(0)
    expect(gate.signals[1]?.aborted).toBe(false)
    await gate.end(1)
    expect(await Promise.all([first, after])).toEqual([0, 1])
    await left
    const running = gate.shared.get()
    const leaving = new AbortController()
    const never = expect(gate.shared.get(leaving.signal)).rejects.toBe('leaving')
    leaving.abort('leaving')
    await gate.end(2)
    expect(await running).toBe(2)
    await never
    expect(gate.started).toBe(3)
  })

  test('is not started for an aborted signal', async () => {
    const gate = new GatedRead()
    await expect(gate.shared.get(AbortSignal.abort('aborted'))).rejects.toBe('aborted')
    expect(gate.started).toBe(0)
  })

  test('fails for all callers that share a run, but not for the next', async () => {
    const gate = new GatedRead()
    const first = expect(gate.shared.get()).rejects.toThrow('run 0')
    const second = expect(gate.shared.get()).rejects.toThrow('run 1')
    await gate.fail(0)
    const third = gate.shared.get()
    await gate.fail(1)
    await gate.end(2)
    await Promise.all([first, second])
    expect(await third).toBe(2)
  })
})
