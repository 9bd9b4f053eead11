import { type ProblemDetails, withoutPassword } from '@rollcall/protocol'
import { ApiError } from './errors/api-error.ts'
import { NetworkError } from './errors/network-error.ts'
import { TimeoutError } from './errors/timeout-error.ts'

/** What any call may be given. */
export interface CallOptions {
  /** Ends the call; it then rejects with the reason of the signal. */
  readonly signal?: AbortSignal | undefined
  /** Milliseconds to wait for the answer; default 5000. */
  readonly timeoutMs?: number | undefined
}

/** What the client asks of `fetch`. */
export interface FetchRequest {
  /** `GET`, `POST` or `DELETE`. */
  readonly method: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** JSON. */
  readonly body?: string
  /** Ends the call, or the stream. */
  readonly signal: AbortSignal
}

/** What the client needs of a `Response`. */
export interface FetchAnswer {
  /** Of HTTP. */
  readonly status: number
  /** The status is 200 to 299. */
  readonly ok: boolean
  /** Whatever the case of their names. */
  readonly headers: Pick<Headers, 'get'>
  /** For streams. */
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>> | null
  /** The whole body. */
  text(): Promise<string>
}

/** The `fetch` of the platform, or anything that can as much of it as the client uses. */
export type Fetch = (url: string, request: FetchRequest) => Promise<FetchAnswer>

/** One call of the HTTP interface. */
export interface Call extends CallOptions {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** From the root of the registry, such as `/agents`. */
  readonly path: string
  readonly body?: object | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/** A good answer, read whole. */
export interface Answer<T> {
  readonly body: T
  readonly headers: FetchAnswer['headers']
}

const DEFAULT_TIMEOUT_MS = 5000

/** Speaks HTTP with one registry, and turns whatever goes wrong into an error of this package. */
export class RegistryConnection {
  /** Without a slash at its end. */
  readonly registryUrl: string
  readonly #fetch: Fetch

  constructor(options: { registryUrl: string; fetch?: Fetch | undefined }) {
    this.registryUrl = options.registryUrl.replace(/\/+$/, '')
    // Called without an owner: browsers refuse `fetch` as a method of something else.
    const given = options.fetch ?? globalThis.fetch
    this.#fetch = (url, request) => given(url, request)
  }

  /**
   * Makes a call and reads the answer.
   *
   * @throws ApiError, NetworkError, TimeoutError, or the reason of the signal
   */
  async call<T>(call: Call): Promise<Answer<T>> {
    // Platforms want whole milliseconds.
    const timeoutMs = Math.ceil(call.timeoutMs ?? DEFAULT_TIMEOUT_MS)
    const timeout = AbortSignal.timeout(timeoutMs)
    const signal = call.signal ? AbortSignal.any([call.signal, timeout]) : timeout
    try {
      const response = await this.#send(call, signal)
      const text = await response.text()
      if (!response.ok) throw this.#refused(call, response, text)
      return { body: this.#parse<T>(call, text), headers: response.headers }
    } catch (error) {
      throw this.#explained(error, call, timeout.aborted ? timeoutMs : undefined)
    }
  }

  /**
   * Opens a stream; resolves when its head is there.
   *
   * @throws ApiError, NetworkError, TimeoutError, or the reason of the signal
   */
  async open(call: Call): Promise<FetchAnswer> {
    const timeoutMs = call.timeoutMs ?? DEFAULT_TIMEOUT_MS
    // Only the head has to come in time: the stream itself may be silent for as long as it likes.
    const late = new AbortController()
    const timer = setTimeout(() => late.abort(), timeoutMs)
    const signal = call.signal ? AbortSignal.any([call.signal, late.signal]) : late.signal
    try {
      const response = await this.#send(call, signal)
      if (!response.ok) throw this.#refused(call, response, await response.text())
      return response
    } catch (error) {
      throw this.#explained(error, call, late.signal.aborted ? timeoutMs : undefined)
    } finally {
      clearTimeout(timer)
    }
  }

  #send(call: Call, signal: AbortSignal): Promise<FetchAnswer> {
    const { method, path, body, headers } = call
    return this.#fetch(`${this.registryUrl}${path}`, {
      method,
      signal,
      headers: { ...(body && { 'content-type': 'application/json' }), ...headers },
      ...(body && { body: JSON.stringify(body) }),
    })
  }

  /** @param timedOutMs how long was waited, when that was too long */
  #explained(error: unknown, call: Call, timedOutMs: number | undefined): unknown {
    if (call.signal?.aborted) return call.signal.reason
    if (error instanceof ApiError || error instanceof NetworkError) return error
    const what = this.#nameOf(call)
    if (timedOutMs !== undefined) {
      return new TimeoutError(`${what}: no answer within ${timedOutMs} ms`, timedOutMs)
    }
    const reason = withoutPassword(reasonOf(error))
    return new NetworkError(`${what}: ${reason}. Is the registry running?`, error)
  }

  #parse<T>(call: Call, text: string): T {
    try {
      return JSON.parse(text)
    } catch (cause) {
      const what = `${this.#nameOf(call)}: the answer is not JSON, or broke off`
      throw new NetworkError(`${what}. Is that a Rollcall registry?`, cause)
    }
  }

  #refused(call: Call, { status, headers }: FetchAnswer, text: string): ApiError {
    const problem = problemIn(text)
    const retryAfter = Number(headers.get('retry-after') ?? Number.NaN)
    // A gateway that cannot reach the registry says so with these.
    const question = status >= 502 && status <= 504 ? '' : '. Is that a Rollcall registry?'
    const unknown = `${this.#nameOf(call)}: answered with ${status}${question}`
    return new ApiError(problem?.detail ?? unknown, {
      status,
      code: problem?.code ?? 'UNKNOWN',
      requestId: problem?.request_id,
      errors: problem?.errors,
      retryAfterSeconds: Number.isFinite(retryAfter) ? Math.max(0, retryAfter) : undefined,
    })
  }

  #nameOf({ method, path }: Call): string {
    return `${method} ${withoutPassword(this.registryUrl)}${path}`
  }
}

/** A proxy on the way may answer with anything. */
function problemIn(text: string): Partial<ProblemDetails> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

/** What lies at the bottom: `fetch failed` says nothing, its cause does. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { cause } = error
  if (!(cause instanceof Error)) return error.message
  return cause.message || String(Reflect.get(cause, 'code') ?? error.message)
}
