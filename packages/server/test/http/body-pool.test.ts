import { expect, test } from 'vitest'
import { BodyPool } from '../../src/http/bodies/body-pool.ts'
import type { HttpProblem } from '../../src/http/responses/problem.ts'

/** A pool of 100 bytes, and what became of its bodies. */
function smallPool() {
  const givenUp: string[] = []
  let refused = 0
  const pool = new BodyPool({ limit: 100, rejected: () => refused++ })
  const body = (name: string) => ({
    abort(problem: HttpProblem) {
      givenUp.push(`${name} ${problem.code} ${problem.headers.connection}`)
    },
  })
  return { pool, body, givenUp, refusals: () => refused }
}

test('the body that has been silent for longest gives way', () => {
  const { pool, body, givenUp, refusals } = smallPool()
  const [a, b, c] = [body('a'), body('b'), body('c')]
  pool.occupy(a, 40)
  pool.occupy(b, 40)
  pool.occupy(a, 41)
  pool.occupy(c, 50)
  expect(givenUp).toEqual(['b OVERLOADED close'])
  expect(pool.bytes).toBe(91)
  expect(refusals()).toBe(1)
})

test('as many give way as it takes', () => {
  const { pool, body, givenUp } = smallPool()
  for (const name of ['a', 'b', 'c', 'd']) pool.occupy(body(name), 25)
  pool.occupy(body('e'), 60)
  expect(givenUp.map((line) => line[0])).toEqual(['a', 'b', 'c'])
  expect(pool.bytes).toBe(85)
})

test('a body that is worked on gives no way: the newest is refused', () => {
  const { pool, body, givenUp } = smallPool()
  const [whole, next] = [body('whole'), body('next')]
  pool.occupy(whole, 80)
  pool.retain(whole)
  expect(() => pool.occupy(next, 30)).toThrow(/memory for bodies/)
  expect(givenUp).toEqual([])
  expect(pool.bytes).toBe(80)
  pool.release(whole)
  pool.release(whole)
  expect(pool.bytes).toBe(0)
  pool.occupy(next, 100)
})
