import { describe, expect, test } from 'vitest'
import { PageSlots } from '../../src/http/events/page-slots.ts'

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Work that lasts until the test ends it. */
class Works {
  readonly begun: number[] = []
  readonly #ends: PromiseWithResolvers<void>[] = []

  start(turns: PageSlots, number: number): Promise<number> {
    const end = Promise.withResolvers<void>()
    this.#ends[number] = end
    return turns.run(async () => {
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

describe('turns of pages', () => {
  test('are so many at once, and the others follow in order', async () => {
    const turns = new PageSlots(2)
    const works = new Works()
    const all = [0, 1, 2, 3, 4].map((number) => works.start(turns, number))
    await settled()
    expect(works.begun).toEqual([0, 1])
    await works.end(1)
    expect(works.begun).toEqual([0, 1, 2])
    await works.end(0)
    await works.end(2)
    expect(works.begun).toEqual([0, 1, 2, 3, 4])
    await works.end(3)
    await works.end(4)
    expect(await Promise.all(all)).toEqual([0, 1, 2, 3, 4])
  })

  test('end with work that fails', async () => {
    const turns = new PageSlots(1)
    const works = new Works()
    const failing = expect(works.start(turns, 0)).rejects.toThrow('broken')
    const next = works.start(turns, 1)
    await works.end(0, new Error('broken'))
    await failing
    expect(works.begun).toEqual([0, 1])
    await works.end(1)
    expect(await next).toBe(1)
    const last = works.start(turns, 2)
    await works.end(2)
    expect(await last).toBe(2)
  })
})
