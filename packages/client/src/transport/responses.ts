import { type ProblemDetails, withoutPassword } from '@rollcall/protocol'
import { ApiError } from '../errors/api-error.ts'
import { isRegistryClientError, type RegistryClientError } from '../errors/client-error.ts'
import { NetworkError } from '../errors/network-error.ts'
import type { Call, FetchResponse } from './call.ts'
import { parseRetryAfter } from './retry-after.ts'

// Converts responses and failures of `fetch` to values and errors of this package.

/** Describes a call in error messages. */
export function describeCall(url: string, { method, path }: Call): string {
  return `${method} ${withoutPassword(url)}${path}`
}

/** @throws TypeError rather than a transient error: a retry would fail as well */
export function toJson(
  name: string,
  value: unknown,
  replacer?: (key: string, value: unknown) => unknown,
): string {
  try {
    return JSON.stringify(value, replacer)
  } catch (cause) {
    const [reason] = (cause instanceof Error ? cause.message : String(cause)).split('\n', 1)
    // The other lines of the message draw the cycle in the object.
    throw new TypeError(`${name} cannot be serialized as JSON: ${reason}`, { cause })
  }
}

/** @throws NetworkError if the text is not JSON */
export function parseJson<T>(call: string, text: string): T {
  try {
    return JSON.parse(text)
  } catch (cause) {
    const what = `${call}: the response is not JSON, or is incomplete`
    throw new NetworkError(`${what}. Is that a Rollcall registry?`, cause)
  }
}

/** Creates the error for a response that is valid JSON but not that of a registry. */
export function unexpectedResponse(what: string): NetworkError {
  return new NetworkError(`the response is ${what}. Is that a Rollcall registry?`)
}

/** Creates the error for a response with a status other than 2xx. */
export function toApiError(
  call: string,
  { status, headers }: FetchResponse,
  text: string,
): ApiError {
  const problem = parseProblem(text)
  // A registry without error codes responds with a JSON 404 for an unknown agent; an HTML page
  // comes from another server.
  const isUnknownAgent =
    status === 404 && problem && /\/agents\/(?!register$|heartbeats$)[^/]+/.test(call)
  // A gateway responds with 502 to 504 if it cannot reach the registry.
  const question = status >= 502 && status <= 504 ? '' : '. Is that a Rollcall registry?'
  return new ApiError(problem?.detail ?? `${call}: responded with ${status}${question}`, {
    status,
    code: problem?.code ?? (isUnknownAgent ? 'AGENT_NOT_FOUND' : 'UNKNOWN'),
    requestId: problem?.request_id,
    errors: problem?.errors,
    retryAfterSeconds: parseRetryAfter(headers.get('retry-after')),
    incarnation: problem?.incarnation,
  })
}

/** Converts an error of a call without a response. */
export function toClientError(call: string, error: unknown): RegistryClientError {
  if (isRegistryClientError(error)) return error
  const question = `Is the registry running?${crossOriginHint(call)}`
  return new NetworkError(`${call}: ${withoutPassword(reasonOf(error))}. ${question}`, error)
}

/** Browsers do not report that a request failed because of CORS. */
function crossOriginHint(call: string): string {
  const origin: unknown = Reflect.get(globalThis, 'location')?.origin
  if (typeof origin !== 'string' || call.includes(` ${origin}/`)) return ''
  return ` If so, it must allow the origin ${origin} (--cors-origin), or be proxied at that origin.`
}

/** Parses any body: a proxy may send something other than problem details. */
function parseProblem(text: string): Partial<ProblemDetails> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

/** Returns the message of the cause: `fetch failed` alone says nothing. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { cause } = error
  if (!(cause instanceof Error)) return error.message
  return cause.message || String(Reflect.get(cause, 'code') ?? error.message)
}
