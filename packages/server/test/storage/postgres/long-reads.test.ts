import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { noteArrival } from '../../../src/scheduling/connection-arrivals.ts'
import { ConnectionSlots } from '../../../src/storage/postgres/connections/connection-slots.ts'
import { LongReads } from '../../../src/storage/postgres/connections/long-reads.ts'

const READ_MS = 100

/** Reads that take equally long, one at a time, and what has begun of them. */
class Reads {
  readonly begun: string[] = []
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
      this.begun.push(name)
      await new Promise((resolve) => setTimeout(resolve, ms))
      if (name === 'failing') throw new Error('it failed')
      return name
    }, undefined)
  }
}

describe('reads that take long', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  test('follow each other at once', async () => {
    noteArrival()
    const reads = new Reads()
    const first = reads.start('first')
    reads.start('second')
    await vi.advanceTimersByTimeAsync(READ_MS)
    expect(await first).toBe('first')
    expect(reads.begun).toEqual(['first', 'second'])
  })

  test('leave as much time between them as they take while connections arrive', async () => {
    const reads = new Reads()
    const first = reads.start('failing').catch((error: Error) => error.message)
    reads.start('second')
    await vi.advanceTimersByTimeAsync(READ_MS - 1)
    noteArrival()
    await vi.advanceTimersByTimeAsync(READ_MS)
    expect(await first).toBe('it failed')
    expect(reads.begun).toEqual(['failing'])
    await vi.advanceTimersByTimeAsync(1)
    expect(reads.begun).toEqual(['failing', 'second'])
  })

  test('leave a quarter of a second at the most', async () => {
    const reads = new Reads()
    reads.start('first', 60_000)
    await vi.advanceTimersByTimeAsync(0)
    noteArrival()
    await vi.advanceTimersByTimeAsync(59_000)
    reads.start('second')
    await vi.advanceTimersByTimeAsync(1249)
    expect(reads.begun).toEqual(['first'])
    await vi.advanceTimersByTimeAsync(1)
    expect(reads.begun).toEqual(['first', 'second'])
  })
})
