import type { ServerResponse } from 'node:http'
import { describe, expect, test } from 'vitest'
import { isApiError } from '../src/errors/api-error.ts'
import { respondProblem } from './support/scripted-server.ts'
import {
  delayOf,
  endingStream,
  event,
  registered,
  ScriptedWatch,
  snapshot,
  stream,
  synced,
  tornStream,
} from './support/scripted-watch.ts'

test('a watch starts with a reset and a filtered snapshot', async () => {
  await using watched = await ScriptedWatch.start(stream(snapshot('a'), synced('e:1')))
  expect(await watched.take(3)).toEqual(['reset', 'snapshot a', 'synced'])
  expect(watched.server.requests[0]).toMatchObject({
    path: '/events?snapshot=true&capability=search',
    headers: { accept: 'text/event-stream' },
  })
  expect(watched.resumedAt).toEqual([undefined])
})

test.for([
  ['ends', endingStream],
  ['is interrupted', tornStream],
] as const)('a stream that %s is resumed', async ([, broken]) => {
  await using watched = await ScriptedWatch.start(
    broken(snapshot('a'), synced('e:1'), registered('e:2', 'b')),
    stream(synced('e:2'), registered('e:3', 'c')),
  )
  expect(await watched.take(5)).toEqual([
    'reset',
    'snapshot a',
    'synced',
    'registered b',
    'disconnected',
  ])
  const next = watched.take(2)
  expect(await delayOf(watched)).toBe(175)
  expect(await next).toEqual(['synced', 'registered c'])
  expect(watched.resumedAt).toEqual([undefined, 'e:2'])
})

test('a stream that always ends early is resumed with increasing delays', async () => {
  const short = endingStream(synced('e:1'))
  await using watched = await ScriptedWatch.start(short, short, short, stream(synced('e:1')))
  watched.clock.randomValue = 1
  expect(await watched.take(3)).toEqual(['reset', 'synced', 'disconnected'])
  const delays: number[] = []
  for (let i = 0; i < 3; i++) {
    const next = watched.next()
    delays.push(await delayOf(watched))
    expect(await next).toBe('synced')
    if (i < 2) expect(await watched.next()).toBe('disconnected')
  }
  expect(delays).toEqual([250, 500, 1000])
})

test('bookmark and closing events are not yielded, but move the resume position', async () => {
  await using watched = await ScriptedWatch.start(
    endingStream(synced('e:1'), event('e:7', 'bookmark'), event('e:8', 'closing')),
    stream(registered('e:9', 'a')),
  )
  expect(await watched.take(3)).toEqual(['reset', 'synced', 'disconnected'])
  const next = watched.next()
  await delayOf(watched)
  expect(await next).toBe('registered a')
  expect(watched.resumedAt).toEqual([undefined, 'e:8'])
})

test('a reset of the registry is yielded', async () => {
  await using watched = await ScriptedWatch.start(
    stream(synced('e:1'), event('f:0', 'reset', { reason: 'lost' }), synced('f:0')),
  )
  expect(await watched.take(4)).toEqual(['reset', 'synced', 'reset', 'synced'])
})

describe('while the registry is unreachable', () => {
  test('one disconnected event is yielded, and delays increase up to 10 s', async () => {
    await using watched = await ScriptedWatch.start(
      ...Array.from({ length: 9 }, () => (response: ServerResponse) => {
        respondProblem(response, 503, 'STORAGE_UNAVAILABLE')
      }),
      stream(synced('e:1')),
    )
    watched.clock.randomValue = 1
    expect(await watched.take(2)).toEqual(['reset', 'disconnected'])
    const next = watched.next()
    const delays: number[] = []
    for (let i = 0; i < 9; i++) delays.push(await delayOf(watched))
    expect(delays).toEqual([250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000, 10_000])
    expect(await next).toBe('synced')
  })

  test('a watch that is stopped during a delay ends immediately', async () => {
    await using watched = await ScriptedWatch.start((response) => response.destroy())
    expect(await watched.take(2)).toEqual(['reset', 'disconnected'])
    const next = watched.next()
    await watched.clock.nextTimer()
    watched.stop()
    expect(await next).toBe('end')
    expect(watched.clock.timers).toEqual([])
  })

  test('a watch that is stopped at a disconnected event ends immediately', async () => {
    await using watched = await ScriptedWatch.start((response) => response.destroy())
    expect(await watched.take(2)).toEqual(['reset', 'disconnected'])
    watched.stop()
    // The clock does not advance: a delay would never end.
    expect(await watched.next()).toBe('end')
  })
})

test('a stream that is idle for 45 s is considered dead; comments count as activity', async () => {
  const open = Promise.withResolvers<ServerResponse>()
  await using watched = await ScriptedWatch.start(
    (response) => {
      stream(synced('e:1'))(response)
      open.resolve(response)
    },
    stream(synced('e:1')),
  )
  expect(await watched.take(2)).toEqual(['reset', 'synced'])
  const next = watched.next()
  watched.clock.advance(44_000)
  const before = (await watched.clock.nextTimer()).dueAt
  ;(await open.promise).write(': alive\n\n')
  await expect.poll(() => watched.clock.timers[0]?.dueAt).toBe(before + 44_000)
  watched.clock.advance(44_999)
  expect(watched.server.requests).toHaveLength(1)
  watched.clock.advance(1)
  expect(await next).toBe('disconnected')
  const after = watched.next()
  await delayOf(watched)
  expect(await after).toBe('synced')
})

test('invalid JSON ends the stream, not the watch', async () => {
  await using watched = await ScriptedWatch.start(
    stream(synced('e:1'), 'data: {"half\n\n'),
    stream(synced('e:1')),
  )
  expect(await watched.take(3)).toEqual(['reset', 'synced', 'disconnected'])
  const next = watched.next()
  await delayOf(watched)
  expect(await next).toBe('synced')
})

test('a filter that the registry rejects ends the watch with that error', async () => {
  await using watched = await ScriptedWatch.start((response) => {
    respondProblem(response, 422, 'VALIDATION_FAILED')
  })
  expect(await watched.next()).toBe('reset')
  await expect(watched.next()).rejects.toSatisfy((error) => isApiError(error, 'VALIDATION_FAILED'))
})

test('a 404 of a proxy after the stream has worked is retried', async () => {
  await using watched = await ScriptedWatch.start(
    endingStream(synced('e:1')),
    (response) => response.writeHead(404).end('no such service'),
    stream(registered('e:2', 'a')),
  )
  expect(await watched.take(3)).toEqual(['reset', 'synced', 'disconnected'])
  const next = watched.next()
  next.catch(() => undefined)
  await delayOf(watched)
  await watched.server.received(2)
  await Promise.race([delayOf(watched), next])
  expect(await next).toBe('registered a')
})

test('stopping a watch closes its stream', async () => {
  const closed = Promise.withResolvers<void>()
  await using watched = await ScriptedWatch.start((response) => {
    response.once('close', () => closed.resolve())
    stream(synced('e:1'))(response)
  })
  expect(await watched.take(2)).toEqual(['reset', 'synced'])
  watched.stop()
  expect(await watched.next()).toBe('end')
  await closed.promise
  expect(watched.clock.timers).toEqual([])
})

test('leaving the loop closes the stream as well', async () => {
  const closed = Promise.withResolvers<void>()
  const watched = await ScriptedWatch.start((response) => {
    response.once('close', () => closed.resolve())
    stream(synced('e:1'))(response)
  })
  expect(await watched.take(2)).toEqual(['reset', 'synced'])
  await watched[Symbol.asyncDispose]()
  await closed.promise
})

test('unknown event types are skipped', async () => {
  await using watched = await ScriptedWatch.start(
    stream(
      synced('e:1'),
      event('e:2', 'weather', { forecast: 'rain' }),
      'event: list\ndata: [1, 2]\n\n',
      registered('e:3', 'a'),
    ),
  )
  expect(await watched.take(3)).toEqual(['reset', 'synced', 'registered a'])
})

describe('a watch without a snapshot', () => {
  test('begins now, and resumes like any other', async () => {
    await using watched = await ScriptedWatch.startAfter(
      undefined,
      endingStream(synced('e:1'), registered('e:2', 'a')),
      stream(synced('e:2')),
    )
    expect(await watched.take(4)).toEqual(['reset', 'synced', 'registered a', 'disconnected'])
    expect(watched.server.requests[0]?.path).toBe('/events?snapshot=false&capability=search')
    const next = watched.next()
    await delayOf(watched)
    expect(await next).toBe('synced')
    expect(watched.resumedAt).toEqual([undefined, 'e:2'])
  })

  test('begins after a revision', async () => {
    await using watched = await ScriptedWatch.startAfter(40, stream(registered('e:41', 'a')))
    expect(await watched.take(2)).toEqual(['reset', 'registered a'])
    expect(watched.resumedAt).toEqual(['40'])
  })

  test('takes no snapshot if it cannot resume, but begins now', async () => {
    await using watched = await ScriptedWatch.startAfter(
      40,
      stream(event('f:0', 'reset', { reason: 'gone' }), snapshot('a'), synced('f:9')),
      stream(synced('f:9')),
    )
    expect(await watched.take(3)).toEqual(['reset', 'reset', 'disconnected'])
    const next = watched.next()
    await delayOf(watched)
    expect(await next).toBe('synced')
    expect(watched.resumedAt).toEqual(['40', undefined])
  })
})
