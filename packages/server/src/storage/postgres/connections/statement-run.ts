import type { ClientBase, QueryResultRow } from 'pg'
import { RegistryError } from '../../../domain/registry-error.ts'
import { SERVER_LIMITS } from '../../../limits/server-limits.ts'
import { cancelStatement } from './cancel-request.ts'
import {
  isCancelled,
  isDisconnected,
  isReplicationNotice,
  NO_ANSWER,
  outcomeUnknown,
} from './errors.ts'

/** A statement; connections prepare one that has a name once, and plan others each time anew. */
export interface Statement {
  /** Names it among all statements of the registry. */
  readonly name?: string
  /** Milliseconds that it may take; default 5000. */
  readonly timeoutMs?: number
  readonly text: string
}

/** How a statement ended. */
export type StatementEnd<Row> = { readonly rows: Row[] } | StatementFailure

/** Why a statement did not give rows. */
interface StatementFailure {
  readonly error: unknown
  /** The connection is of no use any more. */
  readonly isBroken: boolean
  /** We asked the server to cancel it. */
  readonly wasCancelled: boolean
}

/**
 * Runs a statement on a connection. When its time is over, or its signal is aborted, it is cancelled
 * at the server, so that neither it nor its locks outlive the interest in it; only a server that does
 * not respond even to that leaves the connection behind.
 *
 * @returns once the connection is free again, or given up
 */
export async function runStatement<Row extends QueryResultRow>(
  client: ClientBase,
  { name, text, timeoutMs = SERVER_LIMITS.postgresStatementMs.value }: Statement,
  { values, signal }: { values: readonly unknown[]; signal?: AbortSignal | undefined },
): Promise<StatementEnd<Row>> {
  const query = { text, values: [...values] }
  const stop = new StatementStop(client)
  const notices = noticesOf(client)
  notices.isLocalOnly = false
  const failed = (error: unknown, { isBroken = false } = {}): StatementFailure => ({
    error,
    isBroken,
    wasCancelled: stop.isRequested,
  })
  const onAbort = (): void => stop.abandon(signal?.reason)
  const timer = setTimeout(() => stop.request(new StatementTimeout(timeoutMs)), timeoutMs)
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    // While the connection was made; there is nothing to cancel yet.
    if (signal?.aborted) return { error: signal.reason, isBroken: false, wasCancelled: false }
    const running = client.query<Row>(name === undefined ? query : { ...query, name })
    const result = await Promise.race([running, stop.unanswered])
    if (result === undefined) {
      // Whatever it still says on a connection that is being closed is not heard.
      running.catch(() => undefined)
      return failed(stop.isForCaller ? stop.reason : new Error(NO_ANSWER), { isBroken: true })
    }
    if (stop.isForCaller) return failed(stop.reason)
    if (notices.isLocalOnly) return failed(notReplicated())
    return { rows: result.rows }
  } catch (error) {
    const isOurs = stop.reason !== undefined && isCancelled(error)
    return failed(isOurs ? stop.errorFor(error) : error, { isBroken: isDisconnected(error) })
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', onAbort)
    // A request on its way must not find the next statement.
    await stop.ended()
  }
}

/** What the server said beside the result of the last statement. */
interface Notices {
  /** It stopped waiting for its replicas. */
  isLocalOnly: boolean
}

/** One listener for the life of a connection: one for each statement costs heartbeats more. */
const noticesByClient = new WeakMap<ClientBase, Notices>()

function noticesOf(client: ClientBase): Notices {
  const known = noticesByClient.get(client)
  if (known) return known
  const notices = { isLocalOnly: false }
  noticesByClient.set(client, notices)
  client.on('notice', (notice) => {
    notices.isLocalOnly ||= isReplicationNotice(notice)
  })
  return notices
}

/**
 * Milliseconds that a statement may have run before it is cancelled because its caller has gone. A cancel
 * request is a connection and a process at the server: for a statement that soon ends by itself, it costs
 * more than it saves. Under 600 clients at a time that went away, it was a tenth of the registry's time.
 */
const WAIT_TIMEOUT_MS = 100

/** The time of a statement was over. */
class StatementTimeout extends Error {
  readonly timeoutMs: number

  constructor(timeoutMs: number) {
    super(`timeout: it took longer than ${timeoutMs} ms`)
    this.timeoutMs = timeoutMs
  }
}

/** The wish that a statement ends, and what became of it. */
class StatementStop {
  /** Why it is to end; undefined: it is not. */
  reason: unknown
  /** The server was asked to cancel it. */
  isRequested = false
  /** Resolves when the statement did not end although it was asked to. */
  readonly unanswered: Promise<undefined>
  readonly #client: ClientBase
  readonly #began = performance.now()
  #request: Promise<void> | undefined
  #patience: NodeJS.Timeout | undefined
  #giveUp: () => void = () => undefined

  constructor(client: ClientBase) {
    this.#client = client
    const { promise, resolve } = Promise.withResolvers<undefined>()
    this.unanswered = promise
    this.#giveUp = () => resolve(undefined)
  }

  /** Whether the caller does not want the answer, however it turns out. */
  get isForCaller(): boolean {
    return this.reason !== undefined && !(this.reason instanceof StatementTimeout)
  }

  /** The caller has gone. */
  abandon(reason: unknown): void {
    if (this.reason !== undefined) return
    this.reason = reason ?? new Error('aborted')
    const ranMs = performance.now() - this.#began
    this.#patience = setTimeout(() => this.#cancel(), Math.max(0, WAIT_TIMEOUT_MS - ranMs))
  }

  /** Its time is over. */
  request(reason: StatementTimeout): void {
    if (this.isRequested) return
    this.reason ??= reason
    this.#cancel()
  }

  /** Resolves when no request is on its way, and none will be. */
  async ended(): Promise<void> {
    clearTimeout(this.#patience)
    await this.#request
  }

  #cancel(): void {
    this.isRequested = true
    const waitMs = SERVER_LIMITS.postgresCancelMs.value
    setTimeout(this.#giveUp, waitMs).unref()
    this.#request = cancelStatement(this.#client, waitMs)
  }

  /** What the caller is answered when the server confirms that it was cancelled. */
  errorFor(cause: unknown): unknown {
    if (!(this.reason instanceof StatementTimeout)) return this.reason
    const message =
      `the database did not finish within ${this.reason.timeoutMs} ms: the statement was ` +
      'cancelled, and nothing was changed'
    return new RegistryError('STORAGE_UNAVAILABLE', message, { cause })
  }
}

/** A commit that waits for a replica cannot be undone, only waited for no longer. */
function notReplicated(): RegistryError {
  return outcomeUnknown(
    'the change is on the primary, but no synchronous replica has confirmed it: a failover may lose it',
  )
}
