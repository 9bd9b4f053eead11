import { isApiError } from '../errors/api-error.ts'
import { isRegistryClientError } from '../errors/client-error.ts'
import { TimeoutError } from '../errors/timeout-error.ts'
import type { Call, CallResult, Fetch, FetchResponse } from './call.ts'
import { type CallHeaders, resolveHeaders } from './call-headers.ts'
import { linkSignals, unlessAborted } from './linked-signal.ts'
import { type RegistryAddress, registryAddresses } from './registry-addresses.ts'
import { describeCall, parseJson, toApiError, toClientError, toJson } from './responses.ts'

/** Default timeout of a call in milliseconds. */
export const DEFAULT_TIMEOUT_MS = 5000

/** Options of a connection. */
export interface ConnectionParts extends CallHeaders {
  /** One URL, or several to fail over between. */
  readonly registryUrl: string | readonly string[]
  /** Default: the `fetch` of the platform. */
  readonly fetch?: Fetch | undefined
  /** Aborts all calls. */
  readonly signal?: AbortSignal | undefined
  /** Timeout in milliseconds of calls that do not set one; default 5000. */
  readonly timeoutMs?: number | undefined
}

/** One attempt to make a call. */
interface Attempt {
  readonly address: RegistryAddress
  readonly timeoutMs: number
}

/**
 * Sends HTTP requests to the registry and converts failures to errors of this package. With several
 * addresses, it keeps using the one that responded last.
 */
export class RegistryConnection {
  readonly #addresses: readonly RegistryAddress[]
  readonly #parts: ConnectionParts
  readonly #fetch: Fetch
  #current = 0

  /** @throws TypeError if an address is not an http(s) URL */
  constructor(parts: ConnectionParts) {
    this.#parts = parts
    this.#addresses = registryAddresses(parts.registryUrl)
    // Called without a receiver: browsers reject `fetch` as a method of another object.
    const given = parts.fetch ?? globalThis.fetch
    this.#fetch = (url, request) => given(url, request)
  }

  /**
   * Makes a call and parses the response.
   *
   * @throws ApiError, NetworkError, TimeoutError, the abort reason of the signal, or a TypeError
   *   for a request that cannot be sent
   */
  call<T>(call: Call): Promise<CallResult<T>> {
    return this.#read(call, parseJson<T>)
  }

  /**
   * Makes a call whose response is text.
   *
   * @throws as {@link call}
   */
  text(call: Call): Promise<CallResult<string>> {
    return this.#read(call, (_, text) => text)
  }

  #read<T>(call: Call, parse: (name: string, text: string) => T): Promise<CallResult<T>> {
    const signals = [call.signal, call.outlivesClient ? undefined : this.#parts.signal]
    return this.#withFailover(call, async ({ address, timeoutMs }) => {
      const link = linkSignals(signals, timeoutMs)
      try {
        const response = await this.#send(address, call, link.signal)
        const name = describeCall(address.url, call)
        const text = await response.text().catch((error) => {
          throw toClientError(name, error)
        })
        return { body: parse(name, text), headers: response.headers }
      } catch (error) {
        throw link.isTimedOut()
          ? timeoutError(describeCall(address.url, call), timeoutMs)
          : link.reasonOr(error)
      } finally {
        link.release()
      }
    })
  }

  /**
   * Opens a stream; resolves when the response headers have arrived. After that, only the signal of
   * the call ends it.
   *
   * @throws as {@link call}
   */
  open(call: Call): Promise<FetchResponse> {
    return this.#withFailover(call, async ({ address, timeoutMs }) => {
      const link = linkSignals([call.signal], timeoutMs)
      try {
        return await this.#send(address, call, link.signal)
      } catch (error) {
        throw link.isTimedOut()
          ? timeoutError(describeCall(address.url, call), timeoutMs)
          : link.reasonOr(error)
      } finally {
        // The timeout applies only to the headers: a stream may be idle for any time.
        link.stopTimer()
      }
    })
  }

  /** Tries each address once until one responds; the attempts share the timeout of the call. */
  async #withFailover<T>(call: Call, attempt: (attempt: Attempt) => Promise<T>): Promise<T> {
    const totalMs = call.timeoutMs ?? this.#parts.timeoutMs ?? DEFAULT_TIMEOUT_MS
    const deadline = performance.now() + totalMs
    for (let left = this.#addresses.length; ; left--) {
      const index = this.#current
      const leftMs = left === this.#addresses.length ? totalMs : deadline - performance.now()
      try {
        return await attempt({
          address: this.#addresses[index] as RegistryAddress,
          // Platforms require whole milliseconds.
          timeoutMs: Math.max(1, Math.ceil(leftMs / left)),
        })
      } catch (error) {
        if (!shouldFailOver(error)) throw error
        // A concurrent call may already have switched.
        if (this.#current === index) this.#current = (index + 1) % this.#addresses.length
        if (left <= 1) throw error
      }
    }
  }

  async #send(address: RegistryAddress, call: Call, signal: AbortSignal): Promise<FetchResponse> {
    const { method, path, headers } = call
    const { body: given } = call
    const body = typeof given === 'object' ? toJson('the request body', given) : given
    const { url, authorization } = address
    const callHeaders = await unlessAborted(resolveHeaders(this.#parts), signal)
    const request = {
      method,
      signal,
      headers: {
        ...(authorization && { authorization }),
        ...(body && { 'content-type': 'application/json' }),
        ...headers,
        ...callHeaders,
      },
      ...(body && { body }),
    }
    try {
      const response = await this.#fetch(`${url}${path}`, request)
      if (!response.ok) throw toApiError(describeCall(url, call), response, await response.text())
      return response
    } catch (error) {
      throw toClientError(describeCall(url, call), error)
    }
  }
}

function timeoutError(call: string, timeoutMs: number): TimeoutError {
  return new TimeoutError(`${call}: no response within ${timeoutMs} ms`, timeoutMs)
}

/** Whether another node of the same registry may succeed. */
function shouldFailOver(error: unknown): boolean {
  if (isApiError(error)) return error.status >= 502 && error.status <= 504
  return isRegistryClientError(error)
}
