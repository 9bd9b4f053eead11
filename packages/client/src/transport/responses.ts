import { type ProblemDetails, withoutPassword } from '@rollcall/protocol'
import { ApiError } from '../errors/api-error.ts'
import { isRegistryClientError, type RegistryClientError } from '../errors/client-error.ts'
import { NetworkError } from '../errors/network-error.ts'
import type { Call, FetchResponse } from './call.ts'

// What comes of a call, in words and errors of this package.

/** A call in the words of messages. */
export function nameOf(url: string, { method, path }: Call): string {
  return `${method} ${withoutPassword(url)}${path}`
}

/** @throws TypeError: the same would fail again */
export function asJson(
  name: string,
  value: unknown,
  replacer?: (key: string, value: unknown) => unknown,
): string {
  try {
    return JSON.stringify(value, replacer)
  } catch (cause) {
    const [reason] = (cause instanceof Error ? cause.message : String(cause)).split('\n', 1)
    // The further lines draw a picture of the object.
    throw new TypeError(`${name} cannot be written as JSON: ${reason}`, { cause })
  }
}

/** @throws NetworkError */
export function parsed<T>(name: string, text: string): T {
  try {
    return JSON.parse(text)
  } catch (cause) {
    const what = `${name}: the answer is not JSON, or broke off`
    throw new NetworkError(`${what}. Is that a Rollcall registry?`, cause)
  }
}

/** An answer that is JSON and still not what a registry answers. */
export function unexpectedResponse(what: string): NetworkError {
  return new NetworkError(`the answer is ${what}. Is that a Rollcall registry?`)
}

/** The error of an answer with a status other than 2xx. */
export function refusal(name: string, { status, headers }: FetchResponse, text: string): ApiError {
  const problem = problemIn(text)
  // A registry without error codes answers so for an unknown agent; an HTML page is something else.
  const isUnknownAgent =
    status === 404 && problem && /\/agents\/(?!register$|heartbeats$)[^/]+/.test(name)
  const retryAfter = Number(headers.get('retry-after') ?? Number.NaN)
  // A gateway that cannot reach the registry says so with these.
  const question = status >= 502 && status <= 504 ? '' : '. Is that a Rollcall registry?'
  return new ApiError(problem?.detail ?? `${name}: answered with ${status}${question}`, {
    status,
    code: problem?.code ?? (isUnknownAgent ? 'AGENT_NOT_FOUND' : 'UNKNOWN'),
    requestId: problem?.request_id,
    errors: problem?.errors,
    retryAfterSeconds: Number.isFinite(retryAfter) ? Math.max(0, retryAfter) : undefined,
  })
}

/** The error of a call without an answer. */
export function explained(name: string, error: unknown): RegistryClientError {
  if (isRegistryClientError(error)) return error
  const question = `Is the registry running?${crossOriginHint(name)}`
  return new NetworkError(`${name}: ${withoutPassword(reasonOf(error))}. ${question}`, error)
}

/** Browsers do not say that it was this. */
function crossOriginHint(name: string): string {
  const origin: unknown = Reflect.get(globalThis, 'location')?.origin
  if (typeof origin !== 'string' || name.includes(` ${origin}/`)) return ''
  return ` If it is, it must allow pages of ${origin} (CORS), or answer at that origin through a proxy.`
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
