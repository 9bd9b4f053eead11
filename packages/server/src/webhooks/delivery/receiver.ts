import { type LookupAddress, type LookupOptions, lookup } from 'node:dns'
import http, { type ClientRequest, type IncomingMessage } from 'node:http'
import https from 'node:https'
import type { LookupFunction } from 'node:net'
import { SERVER_LIMITS } from '../../limits/server-limits.ts'
import { type AddressGuard, refusal } from '../address-guard.ts'

/** A request to the receiver of a webhook. */
export interface WebhookRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** What became of an attempt. */
export interface Attempt {
  /** The status of the response; undefined: there was none. */
  readonly status: number | undefined
  /** Why the event was not accepted; undefined: it was. */
  readonly error: string | undefined
  /** Milliseconds for which the receiver asks to wait. */
  readonly retryAfterMs: number | undefined
}

const MAX_BODY_BYTES = SERVER_LIMITS.webhookResponseBytes.value

/**
 * Sends events to their receivers. An address is examined when it is connected to, and the connection is made to that
 * address: a name that resolves to another one the next time changes nothing. Redirects are not followed.
 */
export class Receivers {
  readonly #guard: AddressGuard
  readonly #timeoutMs: number
  readonly #agents: { readonly 'http:': http.Agent; readonly 'https:': https.Agent }

  constructor(options: { guard: AddressGuard; timeoutMs: number }) {
    this.#guard = options.guard
    this.#timeoutMs = options.timeoutMs
    const kept = { keepAlive: true, maxFreeSockets: 1 }
    this.#agents = { 'http:': new http.Agent(kept), 'https:': new https.Agent(kept) }
  }

  /** Sends an event once. Never rejects. Aborted: the event may or may not have arrived. */
  async send(request: WebhookRequest, signal: AbortSignal): Promise<Attempt> {
    const url = new URL(request.url)
    const refused = this.#guard.refusalOf(url)
    if (refused !== undefined) return failed(`refused: ${refused}`)
    const deadline = new AbortController()
    const timer = setTimeout(() => deadline.abort(), this.#timeoutMs)
    const abort = () => deadline.abort()
    signal.addEventListener('abort', abort, { once: true })
    if (signal.aborted) abort()
    try {
      return await this.#exchange(url, request, deadline.signal)
    } catch (error) {
      if (!deadline.signal.aborted) return failed(reasonOf(error))
      return failed(`no response within ${this.#timeoutMs / 1000} s`)
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
    }
  }

  /** Closes connections that are kept. */
  close(): void {
    for (const agent of Object.values(this.#agents)) agent.destroy()
  }

  async #exchange(url: URL, request: WebhookRequest, signal: AbortSignal): Promise<Attempt> {
    for (;;) {
      const sent = this.#start(url, request, signal)
      try {
        return await responseTo(sent)
      } catch (error) {
        // The receiver has closed a connection that was kept: that says nothing about this event.
        if (!sent.reusedSocket || signal.aborted) throw error
      }
    }
  }

  #start(url: URL, { headers, body }: WebhookRequest, signal: AbortSignal): ClientRequest {
    const protocol = url.protocol === 'https:' ? 'https:' : 'http:'
    const module = protocol === 'https:' ? https : http
    const length = String(Buffer.byteLength(body))
    return module
      .request(url, {
        method: 'POST',
        headers: { ...headers, 'content-length': length },
        agent: this.#agents[protocol],
        lookup: this.#lookup,
        signal,
      })
      .end(body)
  }

  readonly #lookup: LookupFunction = (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true } as LookupOptions, (error, found) => {
      const addresses = found as LookupAddress[]
      const refused = error
        ? undefined
        : addresses.find(({ address }) => !this.#guard.allows(address))
      if (error || refused) {
        callback(error ?? new Error(`refused: ${refusal(refused?.address ?? '')}`), '', 0)
      } else if (options.all) callback(null, addresses)
      else callback(null, addresses[0]?.address ?? '', addresses[0]?.family ?? 0)
    })
  }
}

function responseTo(request: ClientRequest): Promise<Attempt> {
  return new Promise((resolve, reject) => {
    request.on('error', reject)
    request.on('response', (response) => {
      // From here on the status counts, also if the body never ends.
      request.off('error', reject).on('error', () => undefined)
      void discard(response).then(() => resolve(attemptOf(response)))
    })
  })
}

/** Reads the body, so that the connection can be kept, but not more than a receiver has to say. */
function discard(response: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    let bytes = 0
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > MAX_BODY_BYTES) response.destroy()
    })
    // The status counts, also of a response that is cut off.
    response.on('error', () => undefined)
    response.on('close', resolve)
  })
}

function attemptOf({ statusCode: status = 0, headers }: IncomingMessage): Attempt {
  const isAccepted = status >= 200 && status < 300
  const isRedirect = status >= 300 && status < 400
  const error = `status ${status}${isRedirect ? ': redirects are not followed' : ''}`
  return {
    status,
    error: isAccepted ? undefined : error,
    retryAfterMs: retryAfterMs(headers['retry-after']),
  }
}

/** Returns the milliseconds that `Retry-After` asks for: seconds, or a date (RFC 9110, 10.2.3). */
function retryAfterMs(value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  const ms = /^\d{1,9}$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now()
  return Number.isNaN(ms) ? undefined : Math.max(0, ms)
}

function failed(error: string): Attempt {
  return { status: undefined, error, retryAfterMs: undefined }
}

/** The message of the last address that was tried; Node joins those of several in an error without a message. */
function reasonOf(error: unknown): string {
  const { message, code, errors } = error as NodeJS.ErrnoException & { errors?: readonly Error[] }
  return (errors?.at(-1)?.message ?? message) || (code ?? 'unknown error')
}
