import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Notify } from './notices.ts'

/** Asks the program whether it can work. Rejects with the reason when it cannot. */
export interface ReadinessCheck {
  /** What is asked, for messages: `port 8000` or a URL. */
  readonly target: string
  run(signal?: AbortSignal): Promise<void>
}

/** The program did not pass its check. */
export class CheckFailedError extends Error {
  override readonly name = 'CheckFailedError'
}

/** Milliseconds between two looks at a program that is starting. */
const POLL_MS = 200
/** Milliseconds after which we say that we are still waiting; doubles each time. */
const FIRST_NOTICE_MS = 5000

/** Something accepts connections at the port: here, or at the address that the agent announces. */
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
        await connects('localhost', port, timeoutMs, signal)
      } catch (error) {
        // A program may listen on nothing but its own address.
        if (host === 'localhost') throw error
        await connects(host, port, timeoutMs, signal).catch(() => {
          throw error
        })
      }
    },
  }
}

/** The URL answers with a status of 2xx. */
export function httpCheck(target: { url: string; timeoutMs: number }): ReadinessCheck {
  const { url, timeoutMs } = target
  return {
    target: url,
    async run(signal) {
      const late = AbortSignal.timeout(timeoutMs)
      let status: number
      try {
        const ended = signal ? AbortSignal.any([signal, late]) : late
        const response = await fetch(url, { signal: ended })
        status = response.status
        await response.body?.cancel()
        if (response.ok) return
      } catch (cause) {
        const why = late.aborted ? `no answer within ${timeoutMs} ms` : reasonOf(cause)
        throw new CheckFailedError(`${url}: ${why}`, { cause })
      }
      throw new CheckFailedError(`${url} answered with ${status}`)
    },
  }
}

/**
 * Resolves when a check succeeds: true, or false when the time is over.
 *
 * @throws the reason of the signal
 */
export async function waitUntilReady(
  check: ReadinessCheck,
  options: { timeoutMs: number; signal: AbortSignal; notify: Notify },
): Promise<boolean> {
  const began = performance.now()
  let noticeAtMs = FIRST_NOTICE_MS
  for (;;) {
    try {
      await check.run(options.signal)
      return true
    } catch (error) {
      options.signal.throwIfAborted()
      const waitedMs = performance.now() - began
      if (waitedMs >= options.timeoutMs) return false
      if (waitedMs >= noticeAtMs) {
        noticeAtMs *= 2
        const seconds = Math.round(waitedMs / 1000)
        const message = `not registered yet, waiting since ${seconds} s: ${reasonOf(error)}`
        options.notify('waiting', message)
      }
      const left = Math.max(0, options.timeoutMs - waitedMs)
      await sleep(Math.min(POLL_MS, left), undefined, { signal: options.signal })
    }
  }
}

function connects(
  host: string,
  port: number,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const socket = connect({ host, port, signal })
  const fail = (why: string, cause?: unknown): void =>
    reject(new CheckFailedError(`port ${port} does not answer: ${why}`, { cause }))
  socket.setTimeout(timeoutMs, () => fail(`no connection within ${timeoutMs} ms`))
  socket.once('connect', () => resolve())
  socket.once('error', (error) => fail(reasonOf(error), error))
  return promise.finally(() => socket.destroy())
}

/** `fetch failed` says nothing, its cause does; several addresses fail with a code alone. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const deepest =
    error.cause instanceof Error && !(error instanceof CheckFailedError) ? error.cause : error
  const code: unknown = Reflect.get(deepest, 'code')
  if (code === 'ECONNREFUSED') return 'connection refused'
  return deepest.message || String(code)
}
