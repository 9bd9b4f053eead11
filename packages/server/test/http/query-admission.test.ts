import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type AdmittedQuery, QueryAdmission } from '../../src/http/queries/query-admission.ts'
import { ClientDisconnectedError } from '../../src/http/queries/query-cancellation.ts'
import { SERVER_LIMITS } from '../../src/limits/server-limits.ts'

const { queries, queriesOfClient, waitingQueries, queryWait, queryTime } = SERVER_LIMITS

/** Creates a response on a connection from an address. */
function responseTo(address: string): ServerResponse {
  const socket = new Socket()
  Object.defineProperty(socket, 'remoteAddress', { value: address })
  return new ServerResponse(new IncomingMessage(socket))
}

/** A query that runs until the test ends it. */
class OpenQuery {
  readonly response: ServerResponse
  readonly outcome: Promise<unknown>
  admitted: AdmittedQuery | undefined
  #end: () => void = () => undefined

  constructor(admission: QueryAdmission, address = '10.0.0.1') {
    this.response = responseTo(address)
    this.outcome = admission
      .run(this.response, (admitted) => {
        this.admitted = admitted
        return new Promise<void>((resolve, reject) => {
          this.#end = resolve
          admitted.signal.addEventListener('abort', () => reject(admitted.signal.reason))
        })
      })
      .then(
        () => 'ended',
        (error: unknown) => error,
      )
  }

  get isRunning(): boolean {
    return this.admitted !== undefined
  }

  async end(): Promise<void> {
    this.#end()
    await this.outcome
  }
}

const settle = () => new Promise(setImmediate)

describe('queries', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
  afterEach(() => void vi.useRealTimers())

  test('of one client run concurrently up to a limit, and the others wait in order', async () => {
    const admission = new QueryAdmission()
    const all = Array.from({ length: queriesOfClient.value + 2 }, () => new OpenQuery(admission))
    const [first] = all
    const [next, last] = all.slice(-2)
    await settle()
    expect(admission.stats).toEqual({ running: queriesOfClient.value, waiting: 2 })
    expect([next?.isRunning, last?.isRunning]).toEqual([false, false])
    await first?.end()
    await settle()
    expect([next?.isRunning, last?.isRunning]).toEqual([true, false])
  })

  test('of another client are admitted meanwhile, up to the total limit', async () => {
    const admission = new QueryAdmission()
    const busy = Array.from({ length: queriesOfClient.value * 2 }, () => new OpenQuery(admission))
    const other = Array.from(
      { length: queries.value - queriesOfClient.value },
      () => new OpenQuery(admission, '10.0.0.2'),
    )
    await settle()
    expect(other.every(({ isRunning }) => isRunning)).toBe(true)
    const third = new OpenQuery(admission, '10.0.0.3')
    await settle()
    expect(third.isRunning).toBe(false)
    // Those of the first client have waited longer, but admission is round-robin by client.
    await busy[0]?.end()
    await busy[1]?.end()
    await settle()
    expect(third.isRunning).toBe(true)
  })

  test('of neighbours in one IPv6 network share the limit of one client', async () => {
    const admission = new QueryAdmission()
    const addresses = ['2001:db8::1', '2001:db8:0:0:ffff::2', '2001:db8:0::3:4']
    for (let at = 0; at < queriesOfClient.value; at++) {
      new OpenQuery(admission, addresses[at % addresses.length])
    }
    const neighbour = new OpenQuery(admission, '2001:db8::9')
    const elsewhere = new OpenQuery(admission, '2001:db8:0:1::9')
    await settle()
    expect([neighbour.isRunning, elsewhere.isRunning]).toEqual([false, true])
  })

  test('of one IPv4 client count together, on IPv4 and IPv6 sockets', async () => {
    const admission = new QueryAdmission()
    for (let at = 0; at < queriesOfClient.value; at++) new OpenQuery(admission, '10.0.0.1')
    const mapped = new OpenQuery(admission, '::ffff:10.0.0.1')
    await settle()
    expect(mapped.isRunning).toBe(false)
  })

  test('are rejected immediately when too many wait, of one client or in total', async () => {
    const admission = new QueryAdmission()
    const flood = queriesOfClient.value + waitingQueries.value / 2
    for (let at = 0; at < flood; at++) new OpenQuery(admission)
    await expect(new OpenQuery(admission).outcome).resolves.toMatchObject({ code: 'OVERLOADED' })
    expect(admission.stats.waiting).toBe(waitingQueries.value / 2)
    for (let at = 0; at < flood; at++) new OpenQuery(admission, '10.0.0.2')
    expect(admission.stats.waiting).toBe(waitingQueries.value)
    const late = new OpenQuery(admission, '10.0.0.3')
    await expect(late.outcome).resolves.toMatchObject({ code: 'OVERLOADED' })
  })

  test('wait no longer than the limit', async () => {
    const admission = new QueryAdmission()
    for (let at = 0; at < queriesOfClient.value; at++) new OpenQuery(admission)
    const late = new OpenQuery(admission)
    vi.advanceTimersByTime(queryWait.value * 1000)
    await expect(late.outcome).resolves.toMatchObject({ code: 'OVERLOADED' })
    expect(admission.stats.waiting).toBe(0)
  })

  test('run no longer than the limit', async () => {
    const admission = new QueryAdmission()
    const query = new OpenQuery(admission)
    await settle()
    vi.advanceTimersByTime(queryTime.value * 1000 - 1)
    expect(query.admitted?.signal.aborted).toBe(false)
    vi.advanceTimersByTime(1)
    await expect(query.outcome).resolves.toMatchObject({ code: 'OVERLOADED' })
    expect(admission.stats.running).toBe(0)
  })

  test('that check only between two steps also end at their deadline or disconnect', async () => {
    const admission = new QueryAdmission()
    const responses = [responseTo('10.0.0.1'), responseTo('10.0.0.1'), responseTo('10.0.0.1')]
    const outcomes = responses.map((response) =>
      admission
        .run(response, async (admitted) => {
          if (response === responses[2]) admitted.release()
          for (let round = 0; round < 10_000; round++) {
            await admitted.work.next()
            await settle()
          }
        })
        .catch((error: unknown) => error),
    )
    await settle()
    responses[0]?.destroy()
    await expect(outcomes[0]).resolves.toBeInstanceOf(ClientDisconnectedError)
    vi.advanceTimersByTime(queryTime.value * 1000 - 1)
    await settle()
    expect(admission.stats.running).toBe(1)
    vi.advanceTimersByTime(1)
    await expect(outcomes[1]).resolves.toMatchObject({ code: 'OVERLOADED' })
    // Its response has begun: it may take any time, but ends with its connection.
    await settle()
    responses[2]?.destroy()
    await expect(outcomes[2]).resolves.toBeInstanceOf(ClientDisconnectedError)
  })

  test('that request a signal late still receive one that is aborted in time', async () => {
    const admission = new QueryAdmission()
    const response = responseTo('10.0.0.1')
    const reasons = admission.run(response, async (admitted) => {
      vi.advanceTimersByTime(queryTime.value * 1000 - 1)
      const { signal } = admitted
      vi.advanceTimersByTime(1)
      return [signal.reason, admitted.signal.reason]
    })
    await expect(reasons).resolves.toEqual([
      expect.objectContaining({ code: 'OVERLOADED' }),
      expect.objectContaining({ code: 'OVERLOADED' }),
    ])
    const disconnected = responseTo('10.0.0.1')
    disconnected.destroy()
    const signal = admission.run(disconnected, async (admitted) => admitted.signal)
    expect((await signal).reason).toBeInstanceOf(ClientDisconnectedError)
  })

  test('whose response has begun free their slot, and have no deadline', async () => {
    const admission = new QueryAdmission()
    const query = new OpenQuery(admission)
    await settle()
    query.admitted?.release()
    expect(admission.stats.running).toBe(0)
    vi.advanceTimersByTime(queryTime.value * 10_000)
    expect(query.admitted?.signal.aborted).toBe(false)
    await query.end()
    expect(admission.stats.running).toBe(0)
  })

  test('end with their connection, while running and while waiting', async () => {
    const admission = new QueryAdmission()
    const all = Array.from({ length: queriesOfClient.value + 2 }, () => new OpenQuery(admission))
    const [running] = all
    const [waiting, next] = all.slice(-2)
    await settle()
    waiting?.response.emit('close')
    await expect(waiting?.outcome).resolves.toBeInstanceOf(ClientDisconnectedError)
    running?.response.emit('close')
    await expect(running?.outcome).resolves.toBeInstanceOf(ClientDisconnectedError)
    await settle()
    expect(next?.isRunning).toBe(true)
    expect(waiting?.isRunning).toBe(false)
    expect(admission.stats).toEqual({ running: queriesOfClient.value, waiting: 0 })
  })

  test('that fail free their slot', async () => {
    const admission = new QueryAdmission()
    const failing = admission.run(responseTo('10.0.0.1'), () => Promise.reject(new Error('no')))
    await expect(failing).rejects.toThrow('no')
    expect(admission.stats).toEqual({ running: 0, waiting: 0 })
  })
})
