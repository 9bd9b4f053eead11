import { type ApiError, isApiError, isNetworkError, isTimeoutError } from '@rollcall/client'
import { withoutPassword } from '@rollcall/protocol'

/** Why a command could not do what it was asked to, and what to do. */
export interface Failure {
  /** Of the registry's table of errors; or `UNREACHABLE`, `TIMEOUT`, `USAGE`, `FAILED`. */
  readonly code: string
  readonly message: string
}

/** What a command throws to say itself why it failed. */
export class CommandFailure extends Error implements Failure {
  override readonly name = 'CommandFailure'
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/** The failure of a command about an agent that the registry does not have. */
export function noSuchAgent(agentId: string): CommandFailure {
  return new CommandFailure(
    'AGENT_NOT_FOUND',
    `there is no agent ${agentId}. See who is there with: rollcall list --include-dead`,
  )
}

/** Finds the words for an error that a command ended with. */
export function toFailure(error: unknown, address: string): Failure {
  const registryUrl = withoutPassword(address)
  if (error instanceof CommandFailure) return error
  if (isApiError(error)) return refused(error, registryUrl)
  if (isTimeoutError(error)) {
    const message =
      `${registryUrl} did not answer within ${error.timeoutMs / 1000} s. ` +
      'Wait longer with --timeout SECONDS'
    return { code: 'TIMEOUT', message }
  }
  if (isNetworkError(error)) return unreachable(error, registryUrl)
  return { code: 'FAILED', message: error instanceof Error ? error.message : String(error) }
}

/** One line for stderr. */
export function failureLine({ code, message }: Failure, asJson: boolean): string {
  if (asJson) return `${JSON.stringify({ error: { code, message } })}\n`
  return `rollcall: ${message.replaceAll(/\s*\n\s*/g, ' ')}\n`
}

function refused(error: ApiError, registryUrl: string): Failure {
  const { code, errors, retryAfterSeconds } = error
  // A proxy, or something else altogether: the registry names every error, and has every address.
  if (code === 'UNKNOWN' || code === 'ROUTE_NOT_FOUND') {
    const message = `${registryUrl} answered with ${error.status}: is that a Rollcall registry?`
    return { code, message }
  }
  const places = errors.map(({ pointer, message }) => `${pointer.split('/').pop()} ${message}`)
  const message = places.length > 0 ? places.join('; ') : error.message
  const again = retryAfterSeconds === undefined ? '' : ` Try again in ${retryAfterSeconds} s.`
  return { code, message: message + again }
}

function unreachable(error: Error, registryUrl: string): Failure {
  const code = systemCodeOf(error)
  if (code === undefined) {
    const reason = error.message.replace(
      /\. Is (the registry running|that a Rollcall registry)\?$/,
      '',
    )
    const message = `no answer that could be read: is ${registryUrl} a Rollcall registry?`
    return { code: 'UNREACHABLE', message: `${message} (${reason})` }
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    const place = isSeveral(registryUrl) ? registryUrl : new URL(registryUrl).hostname
    const message = `cannot find ${place}: is the address of the registry right?`
    return { code: 'UNREACHABLE', message }
  }
  const advice = `is the registry running?${startAdvice(registryUrl)}`
  return { code: 'UNREACHABLE', message: `cannot reach ${registryUrl}: ${advice}` }
}

/** How to start what is missing, when it would run here. */
function startAdvice(registryUrl: string): string {
  if (isSeveral(registryUrl)) return ''
  const { hostname, port, protocol } = new URL(registryUrl)
  const isHere = ['localhost', '127.0.0.1', '[::1]'].includes(hostname) && protocol === 'http:'
  if (!isHere) return ''
  const option = port === '9000' ? '' : ` --port ${port || 80}`
  return ` Start one with: rollcall serve${option}`
}

/** Several addresses have commas between them. */
function isSeveral(registryUrl: string): boolean {
  return registryUrl.includes(',')
}

/** Such as `ECONNREFUSED`, from wherever in the chain of causes it is. */
function systemCodeOf(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const code: unknown = Reflect.get(cause, 'code')
    if (typeof code === 'string' && /^E[A-Z_]+$/.test(code)) return code
  }
  return undefined
}
