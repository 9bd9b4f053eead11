import type { ClientBase, QueryResultRow } from 'pg'
import { RegistryError } from '../../../domain/registry-error.ts'
import { SERVER_LIMITS } from '../../../limits/server-limits.ts'
import { cancelStatement } from './cancel-request.ts'
import {
  isCancelled,
  isDisconnected,
  isReplicationNotice,
  NO_RESPONSE,
  outcomeUnknown,
} from './errors.ts'

/** A statement. Connections prepare named statements once, and plan unnamed ones each time. */
export interface Statement {
  /** Unique among the statements of the registry. */
  readonly name?: string
  /** Milliseconds that it may take; default 5000. */
  readonly timeoutMs?: number
  readonly text: string
}

/** The outcome of a statement. */
export type StatementEnd<Row> = { readonly rows: Row[] } | StatementFailure

/** Why a statement returned no result. */
interface StatementFailure {
  readonly error: unknown
  /** Whether the connection is unusable. */
  readonly isBroken: boolean
  /** Whether this node asked the server to cancel it. */
  readonly wasCancelled: boolean
}

/**
 * Runs a statement on a connection. On timeout or abort, cancels it on the server, so that neither it nor
 * its locks outlive the request. Abandons the connection only if the server does not respond to that.
 *
 * @returns once the connection is free again, or abandoned
 */
export async function runStatement<Row extends QueryResultRow>(
  client: ClientBase,
  { name, text, timeoutMs = SERVER_LIMITS.postgresStatementMs.value }: Statement,
  { values, signal }: { values: readonly unknown[]; signal?: AbortSignal | undefined },
): Promise<StatementEnd<Row>> {
  const query = { text, values: [...values] }
  const cancellation = new StatementCancellation(client)
  const notices = noticesOf(client)
  notices.isLocalOnly = false
  const failed = (error: unknown, { isBroken = false } = {}): StatementFailure => ({
    error,
    isBroken,
    wasCancelled: cancellation.isRequested,
  })
  const onAbort = (): void => cancellation.abandon(signal?.reason)
  const timer = setTimeout(() => cancellation.timeOut(new StatementTimeout(timeoutMs)), timeoutMs)
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    // Aborted while connecting; there is nothing to cancel yet.
    if (signal?.aborted) return { error: signal.reason, isBroken: false, wasCancelled: false }
    const running = client.query<Row>(name === undefined ? query : { ...query, name })
    const result = await Promise.race([running, cancellation.unresponsive])
    if (result === undefined) {
      // Ignores its outcome, because the connection is being closed.
      running.catch(() => undefined)
      return failed(cancellation.isAbandoned ? cancellation.reason : new Error(NO_RESPONSE), {
        isBroken: true,
      })
    }
    if (cancellation.isAbandoned) return failed(cancellation.reason)
    if (notices.isLocalOnly) return failed(notReplicated())
    return { rows: result.rows }
  } catch (error) {
    const isCancelledByUs = cancellation.reason !== undefined && isCancelled(error)
    return failed(isCancelledByUs ? cancellation.errorFor(error) : error, {
      isBroken: isDisconnected(error),
    })
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', onAbort)
    // A cancel request in flight must not hit the next statement.
    await cancellation.ended()
  }
}

/** The notices that the server sent with the last statement. */
interface Notices {
  /** Whether the server stopped waiting for its replicas. */
  isLocalOnly: boolean
}

/** One listener per connection: one per statement is more expensive for heartbeats. */
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
 * Minimum milliseconds that an aborted statement runs before it is cancelled. A cancel request takes a
 * connection and a process on the server: for a statement that soon ends by itself, it costs more than it
 * saves. With 600 clients disconnecting at once, it took a tenth of the registry's time.
 */
const CANCEL_AFTER_MS = 100

/** The error of a statement that exceeded its timeout. */
class StatementTimeout extends Error {
  readonly timeoutMs: number

  constructor(timeoutMs: number) {
    super(`timeout: it took longer than ${timeoutMs} ms`)
    this.timeoutMs = timeoutMs
  }
}

/** Cancels a statement, and tracks the cancellation. */
class StatementCancellation {
  /** Why the statement is to be cancelled; undefined: it is not. */
  reason: unknown
  /** Whether a cancel request was sent. */
  isRequested = false
  /** Resolves when the statement has not ended in spite of a cancel request. */
  readonly unresponsive: Promise<undefined>
  readonly #client: ClientBase
  readonly #startedAt = performance.now()
  #request: Promise<void> | undefined
  #cancelTimer: NodeJS.Timeout | undefined
  #giveUp: () => void = () => undefined

  constructor(client: ClientBase) {
    this.#client = client
    const { promise, resolve } = Promise.withResolvers<undefined>()
    this.unresponsive = promise
    this.#giveUp = () => resolve(undefined)
  }

  /** Whether the caller no longer waits for the result. */
  get isAbandoned(): boolean {
    return this.reason !== undefined && !(this.reason instanceof StatementTimeout)
  }

  /** Cancels the statement because its caller no longer waits for it. */
  abandon(reason: unknown): void {
    if (this.reason !== undefined) return
    this.reason = reason ?? new Error('aborted')
    const ranMs = performance.now() - this.#startedAt
    this.#cancelTimer = setTimeout(() => this.#cancel(), Math.max(0, CANCEL_AFTER_MS - ranMs))
  }

  /** Cancels the statement because of its timeout. */
  timeOut(reason: StatementTimeout): void {
    if (this.isRequested) return
    this.reason ??= reason
    this.#cancel()
  }

  /** Resolves when no cancel request is in flight, and none will follow. */
  async ended(): Promise<void> {
    clearTimeout(this.#cancelTimer)
    await this.#request
  }

  #cancel(): void {
    this.isRequested = true
    const waitMs = SERVER_LIMITS.postgresCancelMs.value
    setTimeout(this.#giveUp, waitMs).unref()
    this.#request = cancelStatement(this.#client, waitMs)
  }

  /** Returns the error for the caller when the server confirms the cancellation. */
  errorFor(cause: unknown): unknown {
    if (!(this.reason instanceof StatementTimeout)) return this.reason
    const message =
      `the database did not finish within ${this.reason.timeoutMs} ms: the statement was ` +
      'cancelled, and nothing was changed'
    return new RegistryError('STORAGE_UNAVAILABLE', message, { cause })
  }
}

/** A commit that waits for a replica cannot be rolled back; only the wait can be ended. */
function notReplicated(): RegistryError {
  return outcomeUnknown(
    'the change is on the primary, but no synchronous replica has confirmed it: a failover may lose it',
  )
}
