import { describe, expect, test } from 'vitest'
import { PageSlots } from '../../src/http/events/page-slots.ts'

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Tasks that last until the test ends them. */
class Tasks {
  readonly begun: number[] = []
  readonly #ends: PromiseWithResolvers<void>[] = []

  start(slots: PageSlots, number: number): Promise<number> {
    const end = Promise.withResolvers<void>()
    this.#ends[number] = end
    return slots.run(async () => {
      this.begun.push(number)
      await end.promise
      return number
    })
  }

  async end(number: number, error?: Error): Promise<void> {
    if (error) this.#ends[number]?.reject(error)
    else this.#ends[number]?.resolve()
    await settled()
  }
}

describe('page slots', () => {
  test('are limited, and further tasks follow in order', async () => {
    const slots = new PageSlots(2)
    const tasks = new Tasks()
    const all = [0, 1, 2, 3, 4].map((number) => tasks.start(slots, number))
    await settled()
    expect(tasks.begun).toEqual([0, 1])
    await tasks.end(1)
    expect(tasks.begun).toEqual([0, 1, 2])
    await tasks.end(0)
    await tasks.end(2)
    expect(tasks.begun).toEqual([0, 1, 2, 3, 4])
    await tasks.end(3)
    await tasks.end(4)
    expect(await Promise.all(all)).toEqual([0, 1, 2, 3, 4])
  })

  test('are released by tasks that fail', async () => {
    const slots = new PageSlots(1)
    const tasks = new Tasks()
    const failing = expect(tasks.start(slots, 0)).rejects.toThrow('broken')
    const next = tasks.start(slots, 1)
    await tasks.end(0, new Error('broken'))
    await failing
    expect(tasks.begun).toEqual([0, 1])
    await tasks.end(1)
    expect(await next).toBe(1)
    const last = tasks.start(slots, 2)
    await tasks.end(2)
    expect(await last).toBe(2)
  })
})
