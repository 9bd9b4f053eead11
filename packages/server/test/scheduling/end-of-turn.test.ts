import { expect, test } from 'vitest'
import { EndOfTurn } from '../../src/scheduling/end-of-turn.ts'

test('what is scheduled several times in one turn is called once, at its end', async () => {
  const events: string[] = []
  const end = new EndOfTurn(() => events.push('called'))
  end.schedule()
  end.schedule()
  await Promise.resolve().then(() => events.push('microtask'))
  expect(events).toEqual(['microtask'])
  await new Promise(setImmediate)
  expect(events).toEqual(['microtask', 'called'])
})

test('what the call itself schedules is called in the next turn', async () => {
  let calls = 0
  const end = new EndOfTurn(() => {
    calls++
    if (calls < 3) end.schedule()
  })
  end.schedule()
  await new Promise(setImmediate)
  expect(calls).toBe(1)
  await new Promise(setImmediate)
  await new Promise(setImmediate)
  expect(calls).toBe(3)
})
