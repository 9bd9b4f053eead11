import { beforeEach, expect, test } from 'vitest'
import { TurnShare } from '../../../src/http/connections/turn-share.ts'

const FREE = 64
const MAX = 256

let turns: TurnShare
beforeEach(() => {
  turns = new TurnShare()
})

/** A connection that starts what it may and remembers when it was told to. */
function connection(requests: number, order: unknown[] = []) {
  // That of the test: what is left over when it ends does not count in the next one.
  const share = turns
  return {
    started: 0,
    startWaiting(): void {
      order.push(this)
      while (this.started < requests && share.take(this)) this.started++
    },
  }
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve))

test('one connection starts 65 pipelined requests in a turn, and the rest in the next ones', async () => {
  const only = connection(150)
  only.startWaiting()
  expect(only.started).toBe(FREE + 1)
  await nextTurn()
  expect(only.started).toBe(2 * (FREE + 1))
  await nextTurn()
  expect(only.started).toBe(150)
})

test('once a turn is busy, each connection starts one request, up to 256 requests in all', () => {
  const all = Array.from({ length: 300 }, () => connection(FREE))
  for (const each of all) each.startWaiting()
  expect(all.map(({ started }) => started)).toEqual([
    FREE,
    ...Array(MAX - FREE).fill(1),
    ...Array(300 - 1 - (MAX - FREE)).fill(0),
  ])
})

test('connections that could start nothing are the first of the next turn', async () => {
  const order: unknown[] = []
  const all = Array.from({ length: 300 }, () => connection(FREE + 2, order))
  for (const each of all) each.startWaiting()
  const unserved = all.filter(({ started }) => started === 0)
  order.length = 0
  await nextTurn()
  expect(order.slice(0, unserved.length)).toEqual(unserved)
  expect(order.length).toBe(300)
})

test('single requests are started until there are 256 in a turn', async () => {
  const started = Array.from({ length: 300 }, () => turns.takeSingle())
  expect(started.filter(Boolean).length).toBe(MAX)
  expect(turns.takeSingle()).toBe(false)
  await nextTurn()
  expect(turns.takeSingle()).toBe(true)
})
