import type { ServerResponse } from 'node:http'
import { describe, expect, test } from 'vitest'
import { isApiError } from '../src/errors/api-error.ts'
import { answerProblem } from './support/scripted-server.ts'
import {
  endingStream,
  event,
  pauseOf,
  registered,
  ScriptedWatch,
  snapshot,
  stream,
  synced,
  tornStream,
} from './support/scripted-watch.ts'

test('a watch begins with a reset and the whole list, through its filter', async () => {
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
  ['breaks off', tornStream],
] as const)('a stream that %s is taken up where it was', async ([, broken]) => {
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
  expect(await pauseOf(watched)).toBe(175)
  expect(await next).toEqual(['synced', 'registered c'])
  expect(watched.resumedAt).toEqual([undefined, 'e:2'])
})

test('a stream that always breaks off soon is taken up after pauses that grow', async () => {
  const short = endingStream(synced('e:1'))
  await using watched = await ScriptedWatch.start(short, short, short, stream(synced('e:1')))
  watched.clock.chance = 1
  expect(await watched.take(3)).toEqual(['reset', 'synced', 'disconnected'])
  const pauses: number[] = []
  for (let i = 0; i < 3; i++) {
    const next = watched.next()
    pauses.push(await pauseOf(watched))
    expect(await next).toBe('synced')
    if (i < 2) expect(await watched.next()).toBe('disconnected')
  }
  expect(pauses).toEqual([250, 500, 1000])
})

test('bookmarks and goodbyes are not told, but their place counts', async () => {
  await using watched = await ScriptedWatch.start(
    endingStream(synced('e:1'), event('e:7', 'bookmark'), event('e:8', 'closing')),
    stream(registered('e:9', 'a')),
  )
  expect(await watched.take(3)).toEqual(['reset', 'synced', 'disconnected'])
  const next = watched.next()
  await pauseOf(watched)
  expect(await next).toBe('registered a')
  expect(watched.resumedAt).toEqual([undefined, 'e:8'])
})

test('a reset of the registry is told', async () => {
  await using watched = await ScriptedWatch.start(
    stream(synced('e:1'), event('f:0', 'reset', { reason: 'lost' }), synced('f:0')),
  )
  expect(await watched.take(4)).toEqual(['reset', 'synced', 'reset', 'synced'])
})

describe('while the registry is away', () => {
  test('the loss is told once, and the pauses grow up to 10 s', async () => {
    await using watched = await ScriptedWatch.start(
      ...Array.from({ length: 9 }, () => (response: ServerResponse) => {
        answerProblem(response, 503, 'STORAGE_UNAVAILABLE')
      }),
      stream(synced('e:1')),
    )
    watched.clock.chance = 1
    expect(await watched.take(2)).toEqual(['reset', 'disconnected'])
    const next = watched.next()
    const pauses: number[] = []
    for (let i = 0; i < 9; i++) pauses.push(await pauseOf(watched))
    expect(pauses).toEqual([250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000, 10_000])
    expect(await next).toBe('synced')
  })

  test('a watch that is stopped in a pause ends at once', async () => {
    await using watched = await ScriptedWatch.start((response) => response.destroy())
    expect(await watched.take(2)).toEqual(['reset', 'disconnected'])
    const next = watched.next()
    await watched.clock.timer()
    watched.stop()
    expect(await next).toBe('end')
    expect(watched.clock.timers).toEqual([])
  })

  test('a watch that is stopped as it tells of the loss ends at once', async () => {
    await using watched = await ScriptedWatch.start((response) => response.destroy())
    expect(await watched.take(2)).toEqual(['reset', 'disconnected'])
    watched.stop()
    // The clock stands still: whoever begins to wait now waits for ever.
    expect(await watched.next()).toBe('end')
  })
})

test('a stream that is silent for 45 s is taken for dead, one with comments is not', async () => {
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
  const before = (await watched.clock.timer()).dueAt
  ;(await open.promise).write(': alive\n\n')
  await expect.poll(() => watched.clock.timers[0]?.dueAt).toBe(before + 44_000)
  watched.clock.advance(44_999)
  expect(watched.server.requests).toHaveLength(1)
  watched.clock.advance(1)
  expect(await next).toBe('disconnected')
  const after = watched.next()
  await pauseOf(watched)
  expect(await after).toBe('synced')
})

test('words that are no JSON break the stream, not the watch', async () => {
  await using watched = await ScriptedWatch.start(
    stream(synced('e:1'), 'data: {"half\n\n'),
    stream(synced('e:1')),
  )
  expect(await watched.take(3)).toEqual(['reset', 'synced', 'disconnected'])
  const next = watched.next()
  await pauseOf(watched)
  expect(await next).toBe('synced')
})

test('a filter that the registry refuses ends the watch with that', async () => {
  await using watched = await ScriptedWatch.start((response) => {
    answerProblem(response, 422, 'VALIDATION_FAILED')
  })
  expect(await watched.next()).toBe('reset')
  await expect(watched.next()).rejects.toSatisfy((error) => isApiError(error, 'VALIDATION_FAILED'))
})

test('a 404 of a proxy, once the stream has been there, is trouble like any other', async () => {
  await using watched = await ScriptedWatch.start(
    endingStream(synced('e:1')),
    (response) => response.writeHead(404).end('no such service'),
    stream(registered('e:2', 'a')),
  )
  expect(await watched.take(3)).toEqual(['reset', 'synced', 'disconnected'])
  const next = watched.next()
  next.catch(() => undefined)
  await pauseOf(watched)
  await watched.server.received(2)
  await Promise.race([pauseOf(watched), next])
  expect(await next).toBe('registered a')
})

test('a watch that is stopped ends its stream', async () => {
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

test('leaving the loop ends the stream, too', async () => {
  const closed = Promise.withResolvers<void>()
  const watched = await ScriptedWatch.start((response) => {
    response.once('close', () => closed.resolve())
    stream(synced('e:1'))(response)
  })
  expect(await watched.take(2)).toEqual(['reset', 'synced'])
  await watched[Symbol.asyncDispose]()
  await closed.promise
})

test('events of types that later versions add are skipped', async () => {
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
