import type { ServerResponse } from 'node:http'
import { describe, expect, test } from 'vitest'
import { RegistryConnection } from '../src/connection.ts'
import { type WatchEvent, watch } from '../src/discovery/watch.ts'
import { isApiError } from '../src/errors/api-error.ts'
import { ManualClientClock } from './manual-client-clock.ts'
import { answerProblem, ScriptedServer } from './scripted-server.ts'
import { wireAgent } from './wire-agents.ts'

type Answering = (response: ServerResponse) => void

/** A watch of a registry that answers each connection as the script says. */
class ScriptedWatch implements AsyncDisposable {
  readonly clock = new ManualClientClock()
  readonly server: ScriptedServer
  readonly #stop = new AbortController()
  readonly #events: AsyncGenerator<WatchEvent, void>

  private constructor(server: ScriptedServer) {
    this.server = server
    this.#events = watch({
      connection: new RegistryConnection({ registryUrl: server.url }),
      clock: this.clock,
      filter: { capability: 'search' },
      signal: this.#stop.signal,
    })
  }

  /** Connections beyond the script hang. */
  static async start(...script: Answering[]): Promise<ScriptedWatch> {
    const server = await ScriptedServer.start((_, response) => script.shift()?.(response))
    return new ScriptedWatch(server)
  }

  /** The next event in words; `end` when there are no more. */
  async next(): Promise<string> {
    const { value: event } = await this.#events.next()
    if (!event) return 'end'
    return 'agent' in event ? `${event.type} ${event.agent.agentId}` : event.type
  }

  async take(count: number): Promise<string[]> {
    const taken: string[] = []
    for (let i = 0; i < count; i++) taken.push(await this.next())
    return taken
  }

  /** The places from which the connections wanted to go on. */
  get resumedAt(): (string | string[] | undefined)[] {
    return this.server.requests.map(({ headers }) => headers['last-event-id'])
  }

  stop(): void {
    this.#stop.abort()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop()
    await this.#events.return()
    await this.server[Symbol.asyncDispose]()
  }
}

/** Answers with a stream of the given events, which goes on until something ends it. */
function stream(...events: string[]): Answering {
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
    response.write(events.join(''))
  }
}

function endingStream(...events: string[]): Answering {
  return (response) => {
    stream(...events)(response)
    response.end()
  }
}

function tornStream(...events: string[]): Answering {
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(events.join(''), () => setImmediate(() => response.destroy()))
  }
}

function event(id: string, type: string, more: object = {}): string {
  return `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify({ type, revision: 1, ...more })}\n\n`
}

const snapshot = (agentId: string): string =>
  event('e:snapshot', 'snapshot', { agent_id: agentId, listed: true, agent: wireAgent(agentId) })
const registered = (id: string, agentId: string): string =>
  event(id, 'registered', {
    agent_id: agentId,
    at: '2026-01-01T00:00:00.000Z',
    reason: '',
    listed: true,
    agent: wireAgent(agentId),
  })
const synced = (id: string): string => event(id, 'synced')

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
  expect(await pauseOf(watched)).toBe(125)
  expect(await next).toEqual(['synced', 'registered c'])
  expect(watched.resumedAt).toEqual([undefined, 'e:2'])
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

/** Lets the pause before the next connection pass; says how long it was. */
async function pauseOf({ clock }: ScriptedWatch): Promise<number> {
  for (;;) {
    const timer = await clock.timer()
    // Only a pause holds the process; the watchdog of a stream does not.
    if (timer.keepsAlive) return clock.ring()
    await new Promise((resolve) => setImmediate(resolve))
  }
}
