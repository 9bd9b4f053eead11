import { ERROR_CODES, type ProblemDetails } from '@rollcall/protocol'
import {
  type OpenApiOperation,
  type OpenApiReader,
  pointerTo,
} from '../../../packages/server/test/openapi/support/openapi-reader.ts'
import type { RawResponse } from '../../http/support/raw-response.ts'
import { ServerSentEventParser } from '../../http/support/server-sent-events.ts'
import type { FuzzRequest } from './fuzz-request.ts'

/** The fault of a stream that ended before its snapshot was complete. */
export const NEVER_SYNCED = 'a stream that never sends synced'
const PROBLEM = '/components/schemas/ProblemDetails'
const STREAM_SCHEMAS: Readonly<Record<string, string>> = {
  snapshot: 'SnapshotEvent',
  synced: 'StreamEvent',
  reset: 'StreamEvent',
}
const codes: Readonly<Record<string, { status: number }>> = ERROR_CODES

/** Checks responses, independently of what the request was meant to do. */
export class ResponseChecker {
  readonly #openApi: OpenApiReader
  readonly #calls: readonly { pattern: RegExp; operation: OpenApiOperation }[]

  constructor(openApi: OpenApiReader) {
    this.#openApi = openApi
    // Paths without a parameter first: `/agents/register` is not an agent.
    this.#calls = openApi.operations
      .toSorted((a, b) => a.path.split('{').length - b.path.split('{').length)
      .map((operation) => ({
        operation,
        pattern: new RegExp(`^${operation.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
      }))
  }

  /**
   * Describes the fault briefly, identically for the same fault; undefined if the response is
   * valid.
   */
  faultOf(request: FuzzRequest, response: RawResponse): string | undefined {
    const { status, headers } = response
    if (status >= 500) return `${status}`
    if (headers.has('x-injected')) return 'a header was injected'
    if (request.method === 'HEAD' || status === 304) return undefined
    // Other protocols have errors of their own.
    const isOther = headers.get('content-type')?.startsWith('application/json')
    if (status >= 400 && !(isOther && this.#describedFault(request, response) === undefined)) {
      return this.#problemFault(response)
    }
    if (status >= 300 && status < 400) return isDocs(request) ? undefined : `${status}`
    return this.#describedFault(request, response)
  }

  #problemFault({ status, headers, body }: RawResponse): string | undefined {
    if (!headers.get('content-type')?.startsWith('application/problem+json')) {
      return `${status} is not a problem document`
    }
    const problem = parse(body) as ProblemDetails | undefined
    const [problemFound] = this.#openApi.problems(PROBLEM, problem)
    if (problem === undefined || problemFound)
      return `${status} has an invalid problem: ${problemFound}`
    if (problem.status !== status) return `${status} says that it is ${problem.status}`
    if (codes[problem.code]?.status !== status) return `${status} has the code ${problem.code}`
    if ((status === 400 || status === 422) && !problem.errors?.length) {
      return `${status} ${problem.code} has no errors`
    }
    if (problem.errors?.some(({ message }) => message === '')) return `${status} has no message`
    return undefined
  }

  #describedFault(request: FuzzRequest, { status, headers, body }: RawResponse) {
    // Whitespace or a line break ends the target.
    const [firstWord = ''] = request.target.trim().split(/\s/, 1)
    const target = firstWord.replace(/^https?:\/\/[^/]*/, '')
    const path = target.split(/[?#;]/, 1)[0] ?? ''
    const call = this.#calls.find(
      ({ pattern, operation }) => operation.method === request.method && pattern.test(path),
    )
    if (call === undefined) return isDocs(request) ? undefined : `${status} on an unknown route`
    const { pointer, operationId } = call.operation
    const mediaType = headers.get('content-type')?.split(';', 1)[0] ?? ''
    const described = pointerTo(pointer, 'responses', `${status}`)
    if (
      body.length === 0 &&
      this.#openApi.at(described) &&
      !this.#openApi.at(`${described}/content`)
    ) {
      return undefined
    }
    const schema = pointerTo(pointer, 'responses', `${status}`, 'content', mediaType, 'schema')
    if (this.#openApi.at(schema) === undefined) return `${operationId} ${status} as ${mediaType}`
    if (mediaType === 'text/event-stream') return this.#streamFault(body)
    const value = mediaType.startsWith('text/') ? body.toString() : parse(body)
    const [problemFound] = this.#openApi.problems(schema, value)
    return problemFound && `${operationId} ${status} ${problemFound.replaceAll(/\d+/g, '#')}`
  }

  #streamFault(body: Buffer): string | undefined {
    const events = new ServerSentEventParser().push(body)
    if (events.every(({ type }) => type !== 'synced')) return NEVER_SYNCED
    for (const { type, id, data } of events) {
      const schema = STREAM_SCHEMAS[type] ?? 'AgentEvent'
      const event = parse(Buffer.from(data)) as { type?: unknown } | undefined
      const [problemFound] = this.#openApi.problems(`/components/schemas/${schema}`, event)
      if (problemFound) return `an event ${type} ${problemFound.replaceAll(/\d+/g, '#')}`
      if (event?.type !== type) return `an event ${type} says ${event?.type}`
      if (!/^[\w-]+:(\d+|snapshot)$/.test(id)) return `an event ${type} has an invalid id`
    }
    return undefined
  }
}

function isDocs({ target }: FuzzRequest): boolean {
  return target.includes('/docs')
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}
