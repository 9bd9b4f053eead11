import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Notify } from './notices.ts'

/** A check whether the program is ready. Rejects with the reason if it is not. */
export interface ReadinessCheck {
  /** The target for messages: `port 8000` or a URL. */
  readonly target: string
  run(signal?: AbortSignal): Promise<void>
}

/** The program did not pass its check. */
export class CheckFailedError extends Error {
  override readonly name = 'CheckFailedError'
}

/** Interval of checks while the program is starting, in milliseconds. */
const POLL_MS = 200
/** Milliseconds until the first notice about waiting; doubles each time. */
const FIRST_NOTICE_MS = 5000

/** Checks that the port accepts connections, on localhost or at the address of the agent. */
export function tcpCheck(target: {
  host: string
  port: number
  timeoutMs: number
}): ReadinessCheck {
  const { host, port, timeoutMs } = target
  return {
    target: `port ${port}`,
    async run(signal) {
      try {
        await checkConnection('localhost', port, timeoutMs, signal)
      } catch (error) {
        // The program may listen only on the address of the agent.
        if (host === 'localhost') throw error
        await checkConnection(host, port, timeoutMs, signal).catch(() => {
          throw error
        })
      }
    },
  }
}

/** Checks that the URL responds with a 2xx status. */
export function httpCheck(target: { url: string; timeoutMs: number }): ReadinessCheck {
  const { url, timeoutMs } = target
  return {
    target: url,
    async run(signal) {
      const timeout = AbortSignal.timeout(timeoutMs)
      let status: number
      try {
        const abortSignal = signal ? AbortSignal.any([signal, timeout]) : timeout
        const response = await fetch(url, { signal: abortSignal })
        status = response.status
        await response.body?.cancel()
        if (response.ok) return
      } catch (cause) {
        const why = timeout.aborted ? `no response within ${timeoutMs} ms` : reasonOf(cause)
        throw new CheckFailedError(`${url}: ${why}`, { cause })
      }
      throw new CheckFailedError(`${url} responded with ${status}`)
    },
  }
}

/**
 * Resolves with true when the check passes, or with false after the timeout.
 *
 * @throws the abort reason of the signal
 */
export async function waitUntilReady(
  check: ReadinessCheck,
  options: { timeoutMs: number; signal: AbortSignal; notify: Notify },
): Promise<boolean> {
  const startedAt = performance.now()
  let noticeAtMs = FIRST_NOTICE_MS
  for (;;) {
    try {
      await check.run(options.signal)
      return true
    } catch (error) {
      options.signal.throwIfAborted()
      const waitedMs = performance.now() - startedAt
      if (waitedMs >= options.timeoutMs) return false
      if (waitedMs >= noticeAtMs) {
        noticeAtMs *= 2
        const seconds = Math.round(waitedMs / 1000)
        const message = `not registered yet, waiting for ${seconds} s: ${reasonOf(error)}`
        options.notify('waiting', message)
      }
      const remainingMs = Math.max(0, options.timeoutMs - waitedMs)
      await sleep(Math.min(POLL_MS, remainingMs), undefined, { signal: options.signal })
    }
  }
}

function checkConnection(
  host: string,
  port: number,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const socket = connect({ host, port, signal })
  const fail = (why: string, cause?: unknown): void =>
    reject(new CheckFailedError(`port ${port} is unreachable: ${why}`, { cause }))
  socket.setTimeout(timeoutMs, () => fail(`no connection within ${timeoutMs} ms`))
  socket.once('connect', () => resolve())
  socket.once('error', (error) => fail(reasonOf(error), error))
  return promise.finally(() => socket.destroy())
}

/**
 * Returns the message of the cause of `fetch failed`; a failure of several addresses has only a
 * code.
 */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const deepest =
    error.cause instanceof Error && !(error instanceof CheckFailedError) ? error.cause : error
  const code: unknown = Reflect.get(deepest, 'code')
  if (code === 'ECONNREFUSED') return 'connection refused'
  return deepest.message || String(code)
}
