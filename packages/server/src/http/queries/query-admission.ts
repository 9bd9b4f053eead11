import type { ServerResponse } from 'node:http'
import { RegistryError } from '../../domain/registry-error.ts'
import { SERVER_LIMITS } from '../../limits/server-limits.ts'
import { type SlicedWork, TimeSlices } from '../../scheduling/time-slices.ts'
import { networkOf } from '../callers/client-network.ts'
import { QueryCancellation } from './query-cancellation.ts'

const { queries, queriesOfClient, waitingQueries, queryWait } = SERVER_LIMITS

/** Number of clients kept without queries: creating one costs more than the rest of the admission. */
const KEPT_CLIENTS = 64

/**
 * A query that was admitted. A class, because of its getter: V8 gives each object literal with a getter a
 * hidden class of its own, which only a full garbage collection frees, with the response of the query.
 */
export class AdmittedQuery {
  /** Shares time slices with the other queries. */
  readonly work: SlicedWork
  readonly #cancellation: QueryCancellation
  readonly #leave: () => void
  #isReleased = false

  /** @internal */
  constructor(work: SlicedWork, cancellation: QueryCancellation, leave: () => void) {
    this.work = work
    this.#cancellation = cancellation
    this.#leave = leave
  }

  /** Aborted when the client has disconnected, or the query has exceeded its time limit. */
  get signal(): AbortSignal {
    return this.#cancellation.signal
  }

  /** Admits other queries: the result is complete, and only has to be sent. Idempotent. */
  release(): void {
    if (this.#isReleased) return
    this.#isReleased = true
    this.#cancellation.clearDeadline()
    this.work.end()
    this.#leave()
  }
}

/** A query that waits to be admitted. */
interface WaitingQuery {
  readonly admit: () => void
}

/** The queries of one client: an IPv4 address or an IPv6 network. */
class Client {
  readonly key: string
  readonly waiting = new Set<WaitingQuery>()
  running = 0

  constructor(key: string) {
    this.key = key
  }
}

/**
 * Limits how many queries run concurrently, and how many wait. Waiting queries are admitted round-robin
 * by client, and no client may use more than half of the capacity, so that a client with thousands of
 * queries delays only itself. A query ends with its connection.
 */
export class QueryAdmission {
  /** In round-robin order. */
  readonly #clients = new Map<string, Client>()
  readonly #slices = new TimeSlices()
  #running = 0
  #waiting = 0

  /** The number of running and of waiting queries. */
  get stats(): { running: number; waiting: number } {
    return { running: this.#running, waiting: this.#waiting }
  }

  /**
   * Runs a query as soon as it can be admitted.
   *
   * @throws RegistryError `OVERLOADED` if it cannot be admitted in time, or runs for too long
   */
  async run<T>(response: ServerResponse, query: (admitted: AdmittedQuery) => Promise<T>) {
    const client = this.#clientOf(response.req.socket.remoteAddress ?? '')
    const cancellation = new QueryCancellation(response)
    try {
      if (!this.#tryAdmit(client)) await this.#wait(client, cancellation.signal)
      const admitted = this.#begin(client, cancellation)
      try {
        return await query(admitted)
      } finally {
        admitted.release()
      }
    } finally {
      cancellation.dispose()
    }
  }

  #begin(client: Client, cancellation: QueryCancellation): AdmittedQuery {
    cancellation.setDeadline()
    const work = this.#slices.begin(cancellation)
    return new AdmittedQuery(work, cancellation, () => this.#leave(client))
  }

  #clientOf(address: string): Client {
    const key = networkOf(address)
    const known = this.#clients.get(key)
    if (known) return known
    const client = new Client(key)
    this.#clients.set(key, client)
    return client
  }

  /** Admits a query. Returns false if it has to wait. */
  #tryAdmit(client: Client): boolean {
    if (this.#hasCapacityFor(client) && client.waiting.size === 0) {
      this.#admit(client)
      return true
    }
    const isFull = this.#waiting >= waitingQueries.value
    if (isFull || client.waiting.size >= waitingQueries.value / 2) {
      this.#forgetIdle(client)
      throw new RegistryError('OVERLOADED', `${this.#waiting} queries are already waiting`)
    }
    return false
  }

  async #wait(client: Client, signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const waiting: WaitingQuery = { admit: resolve }
    const cancel = (error: unknown): void => {
      if (!client.waiting.delete(waiting)) return
      this.#waiting--
      this.#forgetIdle(client)
      reject(error)
    }
    const onAbort = (): void => cancel(signal.reason)
    const timeout = setTimeout(() => cancel(notAdmitted()), queryWait.value * 1000)
    signal.addEventListener('abort', onAbort)
    client.waiting.add(waiting)
    this.#waiting++
    try {
      await promise
    } finally {
      clearTimeout(timeout)
      signal.removeEventListener('abort', onAbort)
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
      if (next === undefined || !this.#hasCapacityFor(client)) continue
      client.waiting.delete(next)
      this.#waiting--
      this.#admit(client)
      // Move the client to the end, so that the others are next.
      this.#clients.delete(client.key)
      this.#clients.set(client.key, client)
      next.admit()
      return
    }
  }

  #hasCapacityFor(client: Client): boolean {
    return this.#running < queries.value && client.running < queriesOfClient.value
  }

  #forgetIdle(client: Client): void {
    if (this.#clients.size <= KEPT_CLIENTS) return
    if (client.running === 0 && client.waiting.size === 0) this.#clients.delete(client.key)
  }
}

function notAdmitted(): RegistryError {
  return new RegistryError('OVERLOADED', `too many queries: not admitted in ${queryWait.value} s`)
}
