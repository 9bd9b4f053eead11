import type { ServerResponse } from 'node:http'
import { RegistryError } from '../../domain/registry-error.ts'
import { SERVER_LIMITS } from '../../limits/server-limits.ts'
import { type SlicedWork, TimeSlices } from '../../scheduling/time-slices.ts'
import { QueryEnd } from './query-end.ts'

const { queries, queriesOfClient, waitingQueries, queryWait } = SERVER_LIMITS

/** Clients that are remembered while they ask for nothing: making one anew costs more than the rest. */
const KEPT_CLIENTS = 64

/** A query that has been let in. */
export interface AdmittedQuery {
  /** Aborted when the client has gone, or when the query has taken too long. */
  readonly signal: AbortSignal
  /** Takes turns with the other queries. */
  readonly work: SlicedWork
  /** Makes room for others: the result is there, and leaves as fast as the client takes it. */
  release(): void
}

/** A query that waits to be let in. */
interface WaitingQuery {
  readonly admit: () => void
}

/** The queries of one client: of one IPv4 address, or of one IPv6 network. */
class Client {
  readonly key: string
  readonly waiting = new Set<WaitingQuery>()
  running = 0

  constructor(key: string) {
    this.key = key
  }
}

/**
 * Limits how many queries run at once, and how many wait. Those that wait are let in by turns of
 * their clients, and no client has more than half of the room: so one that sends thousands keeps
 * itself waiting, not the others. A query ends with its connection.
 */
export class QueryAdmission {
  /** In the order in which it is their turn. */
  readonly #clients = new Map<string, Client>()
  readonly #slices = new TimeSlices()
  #running = 0
  #waiting = 0

  /** Queries that run, and queries that wait. */
  get stats(): { running: number; waiting: number } {
    return { running: this.#running, waiting: this.#waiting }
  }

  /**
   * Runs a query as soon as there is room for it.
   *
   * @throws RegistryError `OVERLOADED` when there is none for too long, or when it takes too long
   */
  async run<T>(response: ServerResponse, query: (admitted: AdmittedQuery) => Promise<T>) {
    const client = this.#clientOf(response.req.socket.remoteAddress ?? '')
    const end = new QueryEnd(response)
    try {
      if (!this.#enter(client)) await this.#wait(client, end.signal)
      const admitted = this.#begin(client, end)
      try {
        return await query(admitted)
      } finally {
        admitted.release()
      }
    } finally {
      end.settle()
    }
  }

  #begin(client: Client, end: QueryEnd): AdmittedQuery {
    end.limitTime()
    const work = this.#slices.begin(end)
    let isReleased = false
    return {
      get signal() {
        return end.signal
      },
      work,
      release: () => {
        if (isReleased) return
        isReleased = true
        end.unlimitTime()
        work.end()
        this.#leave(client)
      },
    }
  }

  #clientOf(address: string): Client {
    const key = networkOf(address)
    const known = this.#clients.get(key)
    if (known) return known
    const client = new Client(key)
    this.#clients.set(key, client)
    return client
  }

  /** Lets a query in; false: it has to wait. */
  #enter(client: Client): boolean {
    if (this.#hasRoomFor(client) && client.waiting.size === 0) {
      this.#admit(client)
      return true
    }
    const isFull = this.#waiting >= waitingQueries.value
    if (isFull || client.waiting.size >= waitingQueries.value / 2) {
      this.#forgetIdle(client)
      throw new RegistryError('OVERLOADED', `${this.#waiting} queries wait already`)
    }
    return false
  }

  async #wait(client: Client, signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const waiting: WaitingQuery = { admit: resolve }
    const giveUp = (error: unknown): void => {
      if (!client.waiting.delete(waiting)) return
      this.#waiting--
      this.#forgetIdle(client)
      reject(error)
    }
    const abandoned = (): void => giveUp(signal.reason)
    const overdue = setTimeout(() => giveUp(noRoom()), queryWait.value * 1000)
    signal.addEventListener('abort', abandoned)
    client.waiting.add(waiting)
    this.#waiting++
    try {
      await promise
    } finally {
      clearTimeout(overdue)
      signal.removeEventListener('abort', abandoned)
    }
  }

  #admit(client: Client): void {
    client.running++
    this.#running++
  }

  #leave(client: Client): void {
    client.running--
    this.#running--
    this.#admitNext()
    this.#forgetIdle(client)
  }

  #admitNext(): void {
    if (this.#waiting === 0) return
    for (const client of this.#clients.values()) {
      const [next] = client.waiting
      if (next === undefined || !this.#hasRoomFor(client)) continue
      client.waiting.delete(next)
      this.#waiting--
      this.#admit(client)
      // To the end: next time it is the turn of the others.
      this.#clients.delete(client.key)
      this.#clients.set(client.key, client)
      next.admit()
      return
    }
  }

  #hasRoomFor(client: Client): boolean {
    return this.#running < queries.value && client.running < queriesOfClient.value
  }

  #forgetIdle(client: Client): void {
    if (this.#clients.size <= KEPT_CLIENTS) return
    if (client.running === 0 && client.waiting.size === 0) this.#clients.delete(client.key)
  }
}

function noRoom(): RegistryError {
  return new RegistryError('OVERLOADED', `too many queries: no turn within ${queryWait.value} s`)
}

/** An IPv4 address, or the first 64 bits of an IPv6 address: one client has all that follow. */
function networkOf(address: string): string {
  if (!address.includes(':')) return address
  const mapped = /^::ffff:(\d+\..*)$/.exec(address)?.[1]
  if (mapped !== undefined) return mapped
  const [before = '', after] = address.split('::')
  const head = before.split(':').filter(Boolean)
  const tail = after?.split(':').filter(Boolean) ?? []
  const zeros = Array<string>(8 - head.length - tail.length).fill('0')
  return [...head, ...zeros, ...tail].slice(0, 4).join(':')
}
