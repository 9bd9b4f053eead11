import { expect, test } from 'vitest'
import { BodyPool } from '../../src/http/bodies/body-pool.ts'
import type { HttpProblem } from '../../src/http/responses/problem.ts'

/** A pool of 100 bytes that records which bodies were aborted. */
function smallPool() {
  const aborted: string[] = []
  let rejected = 0
  const pool = new BodyPool({ limit: 100, rejected: () => rejected++ })
  const body = (name: string) => ({
    abort(problem: HttpProblem) {
      aborted.push(`${name} ${problem.code} ${problem.headers.connection}`)
    },
  })
  return { pool, body, aborted, rejections: () => rejected }
}

test('the body that has been silent the longest is evicted', () => {
  const { pool, body, aborted, rejections } = smallPool()
  const [a, b, c] = [body('a'), body('b'), body('c')]
  pool.occupy(a, 40)
  pool.occupy(b, 40)
  pool.occupy(a, 41)
  pool.occupy(c, 50)
  expect(aborted).toEqual(['b OVERLOADED close'])
  expect(pool.bytes).toBe(91)
  expect(rejections()).toBe(1)
})

test('as many bodies are evicted as necessary', () => {
  const { pool, body, aborted } = smallPool()
  for (const name of ['a', 'b', 'c', 'd']) pool.occupy(body(name), 25)
  pool.occupy(body('e'), 60)
  expect(aborted.map((line) => line[0])).toEqual(['a', 'b', 'c'])
  expect(pool.bytes).toBe(85)
})

test('a body that is being processed is not evicted: the newest is rejected', () => {
  const { pool, body, aborted } = smallPool()
  const [whole, next] = [body('whole'), body('next')]
  pool.occupy(whole, 80)
  pool.retain(whole)
  expect(() => pool.occupy(next, 30)).toThrow(/memory for bodies/)
  expect(aborted).toEqual([])
  expect(pool.bytes).toBe(80)
  pool.release(whole)
  pool.release(whole)
  expect(pool.bytes).toBe(0)
  pool.occupy(next, 100)
})
