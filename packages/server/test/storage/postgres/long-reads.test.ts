import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { noteArrival } from '../../../src/scheduling/connection-arrivals.ts'
import { ConnectionSlots } from '../../../src/storage/postgres/connections/connection-slots.ts'
import { LongReads } from '../../../src/storage/postgres/connections/long-reads.ts'

const READ_MS = 100

/** Runs reads one at a time, and records which have started. */
class Reads {
  readonly started: string[] = []
  readonly #reads = new LongReads(
    new ConnectionSlots({
      size: 1,
      maxWaiting: 10,
      timeoutMs: 60_000,
      what: 'lists',
      code: 'OVERLOADED',
    }),
  )

  start(name: string, ms = READ_MS): Promise<string> {
    return this.#reads.run(async () => {
      this.started.push(name)
      await new Promise((resolve) => setTimeout(resolve, ms))
      if (name === 'failing') throw new Error('it failed')
      return name
    }, undefined)
  }
}

describe('long reads', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  test('follow each other immediately', async () => {
    noteArrival()
    const reads = new Reads()
    const first = reads.start('first')
    void reads.start('second')
    await vi.advanceTimersByTimeAsync(READ_MS)
    expect(await first).toBe('first')
    expect(reads.started).toEqual(['first', 'second'])
  })

  test('are followed by a pause of the same length while connections arrive', async () => {
    const reads = new Reads()
    const first = reads.start('failing').catch((error: Error) => error.message)
    void reads.start('second')
    await vi.advanceTimersByTimeAsync(READ_MS - 1)
    noteArrival()
    await vi.advanceTimersByTimeAsync(READ_MS)
    expect(await first).toBe('it failed')
    expect(reads.started).toEqual(['failing'])
    await vi.advanceTimersByTimeAsync(1)
    expect(reads.started).toEqual(['failing', 'second'])
  })

  test('are followed by a pause of at most a quarter of a second', async () => {
    const reads = new Reads()
    void reads.start('first', 60_000)
    await vi.advanceTimersByTimeAsync(0)
    noteArrival()
    await vi.advanceTimersByTimeAsync(59_000)
    void reads.start('second')
    await vi.advanceTimersByTimeAsync(1249)
    expect(reads.started).toEqual(['first'])
    await vi.advanceTimersByTimeAsync(1)
    expect(reads.started).toEqual(['first', 'second'])
  })
})
