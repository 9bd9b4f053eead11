import { expect, test } from 'vitest'
import { SingleFlight } from '../../src/scheduling/single-flight.ts'

test('calls that come while one is in flight share its result; the next one is made anew', async () => {
  const calls: PromiseWithResolvers<string>[] = []
  const flight = new SingleFlight(() => {
    const call = Promise.withResolvers<string>()
    calls.push(call)
    return call.promise
  })
  const shared = [flight.run(), flight.run()]
  expect(calls).toHaveLength(1)
  calls[0]?.resolve('first')
  expect(await Promise.all(shared)).toEqual(['first', 'first'])
  const next = flight.run()
  calls[1]?.resolve('second')
  expect(await next).toBe('second')
})

test('a call that fails fails for all that share it, and is followed by another', async () => {
  let calls = 0
  const flight = new SingleFlight(async () => {
    calls++
    if (calls === 1) throw new Error('unavailable')
  })
  const shared = [flight.run(), flight.run()]
  expect((await Promise.allSettled(shared)).map(({ status }) => status)).toEqual([
    'rejected',
    'rejected',
  ])
  await flight.run()
  expect(calls).toBe(2)
})

test('settled waits for the call in flight, and does not fail with it', async () => {
  const { promise, reject } = Promise.withResolvers<void>()
  const flight = new SingleFlight(() => promise)
  const failed = expect(flight.run()).rejects.toThrow('unavailable')
  let isSettled = false
  const settled = flight.settled().then(() => {
    isSettled = true
  })
  await new Promise(setImmediate)
  expect(isSettled).toBe(false)
  reject(new Error('unavailable'))
  await settled
  await failed
  await flight.settled()
})
