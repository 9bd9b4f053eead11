import { isApiError } from '../errors/api-error.ts'
import { isRegistryClientError } from '../errors/client-error.ts'
import { TimeoutError } from '../errors/timeout-error.ts'
import type { Answer, Call, Fetch, FetchResponse } from './call.ts'
import { type CallHeaders, suppliedHeaders } from './call-headers.ts'
import { linkSignals, unlessAborted } from './linked-signal.ts'
import { type RegistryAddress, registryAddresses } from './registry-addresses.ts'
import { asJson, explained, nameOf, parsed, refusal } from './responses.ts'

/** Milliseconds that a call waits, unless it says otherwise. */
export const DEFAULT_TIMEOUT_MS = 5000

/** What a connection is made of. */
export interface ConnectionParts extends CallHeaders {
  /** Several are tried in turn. */
  readonly registryUrl: string | readonly string[]
  /** Default: that of the platform. */
  readonly fetch?: Fetch | undefined
  /** Ends every call. */
  readonly signal?: AbortSignal | undefined
  /** For calls that do not say; default 5000. */
  readonly timeoutMs?: number | undefined
}

/** One attempt to make a call. */
interface Attempt {
  readonly address: RegistryAddress
  readonly timeoutMs: number
}

/**
 * Speaks HTTP with the registry, and turns whatever goes wrong into an error of this package. Of
 * several addresses it stays with the one that answers.
 */
export class RegistryConnection {
  readonly #addresses: readonly RegistryAddress[]
  readonly #parts: ConnectionParts
  readonly #fetch: Fetch
  #current = 0

  /** @throws TypeError when an address is no http(s) URL */
  constructor(parts: ConnectionParts) {
    this.#parts = parts
    this.#addresses = registryAddresses(parts.registryUrl)
    // Called without an owner: browsers refuse `fetch` as a method of something else.
    const given = parts.fetch ?? globalThis.fetch
    this.#fetch = (url, request) => given(url, request)
  }

  /**
   * Makes a call and reads the answer.
   *
   * @throws ApiError, NetworkError, TimeoutError, the reason of the signal, or a TypeError for what
   *   cannot be sent
   */
  call<T>(call: Call): Promise<Answer<T>> {
    const signals = [call.signal, call.outlivesClient ? undefined : this.#parts.signal]
    return this.#inTurn(call, async ({ address, timeoutMs }) => {
      const link = linkSignals(signals, timeoutMs)
      try {
        const response = await this.#send(address, call, link.signal)
        const name = nameOf(address.url, call)
        const text = await response.text().catch((error) => {
          throw explained(name, error)
        })
        return { body: parsed<T>(name, text), headers: response.headers }
      } catch (error) {
        throw link.isLate ? tooLate(nameOf(address.url, call), timeoutMs) : link.reasonOr(error)
      } finally {
        link.release()
      }
    })
  }

  /**
   * Opens a stream; resolves when its head is there. Only the signal of the call ends it then.
   *
   * @throws as {@link call}
   */
  open(call: Call): Promise<FetchResponse> {
    return this.#inTurn(call, async ({ address, timeoutMs }) => {
      const link = linkSignals([call.signal], timeoutMs)
      try {
        return await this.#send(address, call, link.signal)
      } catch (error) {
        throw link.isLate ? tooLate(nameOf(address.url, call), timeoutMs) : link.reasonOr(error)
      } finally {
        // Only the head has to come in time: the stream may be silent for as long as it likes.
        link.stopTimer()
      }
    })
  }

  /** One attempt with each address until one answers; they share the time of the call. */
  async #inTurn<T>(call: Call, attempt: (attempt: Attempt) => Promise<T>): Promise<T> {
    const totalMs = call.timeoutMs ?? this.#parts.timeoutMs ?? DEFAULT_TIMEOUT_MS
    const deadline = performance.now() + totalMs
    for (let left = this.#addresses.length; ; left--) {
      const tried = this.#current
      const leftMs = left === this.#addresses.length ? totalMs : deadline - performance.now()
      try {
        return await attempt({
          address: this.#addresses[tried] as RegistryAddress,
          // Platforms want whole milliseconds.
          timeoutMs: Math.max(1, Math.ceil(leftMs / left)),
        })
      } catch (error) {
        if (!mayAnswerElsewhere(error)) throw error
        // Another call may have moved on already.
        if (this.#current === tried) this.#current = (tried + 1) % this.#addresses.length
        if (left <= 1) throw error
      }
    }
  }

  async #send(address: RegistryAddress, call: Call, signal: AbortSignal): Promise<FetchResponse> {
    const { method, path, headers } = call
    const body = call.body && asJson('the body', call.body)
    const { url, authorization } = address
    const supplied = await unlessAborted(suppliedHeaders(this.#parts), signal)
    const request = {
      method,
      signal,
      headers: {
        ...(authorization && { authorization }),
        ...(body && { 'content-type': 'application/json' }),
        ...headers,
        ...supplied,
      },
      ...(body && { body }),
    }
    try {
      const response = await this.#fetch(`${url}${path}`, request)
      if (!response.ok) throw refusal(nameOf(url, call), response, await response.text())
      return response
    } catch (error) {
      throw explained(nameOf(url, call), error)
    }
  }
}

function tooLate(name: string, timeoutMs: number): TimeoutError {
  return new TimeoutError(`${name}: no answer within ${timeoutMs} ms`, timeoutMs)
}

/** Whether another node of the same registry may do what this one could not. */
function mayAnswerElsewhere(error: unknown): boolean {
  if (isApiError(error)) return error.status >= 502 && error.status <= 504
  return isRegistryClientError(error)
}
