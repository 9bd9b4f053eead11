import { type ApiError, isApiError, isNetworkError, isTimeoutError } from '@rollcall/client'
import { withoutPassword } from '@rollcall/protocol'
import { printable } from './text-width.ts'

/** The failure of a command, with advice in the message. */
export interface Failure {
  /** An error code of the registry, or `UNREACHABLE`, `TIMEOUT`, `USAGE` or `FAILED`. */
  readonly code: string
  readonly message: string
}

/** Thrown by a command to fail with a specific code and message. */
export class CommandFailure extends Error implements Failure {
  override readonly name = 'CommandFailure'
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/** Creates the failure for an unknown agent. */
export function noSuchAgent(agentId: string): CommandFailure {
  return new CommandFailure(
    'AGENT_NOT_FOUND',
    `agent ${agentId} not found. List agents with: rollcall list --include-dead`,
  )
}

/** Creates the failure for an agent without a card, or one that is unknown. */
export function noCard(agentId: string): CommandFailure {
  return new CommandFailure('CARD_NOT_FOUND', `agent ${agentId} has no card, or does not exist`)
}

/** Converts an error to a failure with a helpful message. */
export function toFailure(error: unknown, address: string): Failure {
  const registryUrl = withoutPassword(address)
  if (error instanceof CommandFailure) return error
  if (isApiError(error)) return apiFailure(error, registryUrl)
  if (isTimeoutError(error)) {
    const seconds = error.timeoutMs / 1000
    const message = `${registryUrl} did not respond within ${seconds} s. Increase --timeout`
    return { code: 'TIMEOUT', message }
  }
  if (isNetworkError(error)) return networkFailure(error, registryUrl)
  return { code: 'FAILED', message: error instanceof Error ? error.message : String(error) }
}

/** Formats a failure as one line for stderr; what a registry says in it does not control the terminal. */
export function failureLine({ code, message }: Failure, asJson: boolean): string {
  if (asJson) return `${JSON.stringify({ error: { code, message } })}\n`
  return `rollcall: ${printable(message.replaceAll(/\s*\n\s*/g, ' '))}\n`
}

const TOKEN_HINT =
  ' The command finds it in --token-file FILE, ROLLCALL_TOKEN_FILE or ROLLCALL_TOKEN.'

function apiFailure(error: ApiError, registryUrl: string): Failure {
  const { code, errors, retryAfterSeconds } = error
  // From a proxy or another server: a registry sends an error code, and has all routes.
  if (code === 'UNKNOWN' || code === 'ROUTE_NOT_FOUND') {
    const message = `${registryUrl} responded with ${error.status}: is that a Rollcall registry?`
    return { code, message }
  }
  const fieldErrors = errors.map(({ pointer, message }) => `${pointer.split('/').pop()} ${message}`)
  const message = fieldErrors.length > 0 ? fieldErrors.join('; ') : error.message
  const tokenHint = code === 'UNAUTHENTICATED' ? TOKEN_HINT : ''
  const retryHint = retryAfterSeconds === undefined ? '' : ` Retry in ${retryAfterSeconds} s.`
  return { code, message: message + tokenHint + retryHint }
}

function networkFailure(error: Error, registryUrl: string): Failure {
  const code = systemCodeOf(error)
  if (code === undefined) {
    const reason = error.message.replace(
      /\. Is (the registry running|that a Rollcall registry)\?$/,
      '',
    )
    const message = `unreadable response: is ${registryUrl} a Rollcall registry?`
    return { code: 'UNREACHABLE', message: `${message} (${reason})` }
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    const target = isList(registryUrl) ? registryUrl : new URL(registryUrl).hostname
    const message = `cannot resolve ${target}: is the URL of the registry correct?`
    return { code: 'UNREACHABLE', message }
  }
  const advice = `is the registry running?${startAdvice(registryUrl)}`
  return { code: 'UNREACHABLE', message: `cannot reach ${registryUrl}: ${advice}` }
}

/** Suggests how to start a registry if its address is local. */
function startAdvice(registryUrl: string): string {
  if (isList(registryUrl)) return ''
  const { hostname, port, protocol } = new URL(registryUrl)
  const isHere = ['localhost', '127.0.0.1', '[::1]'].includes(hostname) && protocol === 'http:'
  if (!isHere) return ''
  const option = port === '9000' ? '' : ` --port ${port || 80}`
  return ` Start one with: rollcall serve${option}`
}

/** Whether it is a comma-separated list of URLs. */
function isList(registryUrl: string): boolean {
  return registryUrl.includes(',')
}

/** Returns a system error code, such as `ECONNREFUSED`, from the chain of causes. */
function systemCodeOf(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const code: unknown = Reflect.get(cause, 'code')
    if (typeof code === 'string' && /^E[A-Z_]+$/.test(code)) return code
  }
  return undefined
}
