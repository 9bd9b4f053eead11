import type { ServerResponse } from 'node:http'
import {
  type Received,
  respondJson,
  respondProblem,
  ScriptedServer,
} from '../../../packages/client/test/support/scripted-server.ts'
import { wireAgent } from '../../../packages/client/test/support/wire-agents.ts'

/** A request with the times at which it arrived and was answered, in milliseconds of one clock. */
export interface Exchange extends Received {
  readonly arrivedMs: number
  answeredMs: number | undefined
}

/** Answers one request. */
export type Answer = (response: ServerResponse, request: Received) => void

/**
 * A registry that answers as the test scripts it: the next request of a kind with the next answer of
 * its script, and with success once that is used up.
 */
export class ScriptedRegistry implements AsyncDisposable {
  readonly exchanges: Exchange[] = []
  /** The most requests that were in flight at once. */
  mostInFlight = 0
  /** What the registry adds to successful registrations and heartbeats. */
  lease: Readonly<Record<string, unknown>> = { ttl_seconds: 60, heartbeat_interval_seconds: 0.2 }
  readonly #scripts = new Map<string, Answer[]>()
  readonly #server: ScriptedServer
  #inFlight = 0

  private constructor(server: ScriptedServer) {
    this.#server = server
  }

  static async start(): Promise<ScriptedRegistry> {
    const server = await ScriptedServer.start((request, response) =>
      registry.#answer(request, response),
    )
    const registry = new ScriptedRegistry(server)
    return registry
  }

  get url(): string {
    return this.#server.url
  }

  /**
   * Scripts the next answers to requests of a kind.
   *
   * @param kind method and path without the query, such as `GET /agents`; the id of an agent is `:id`
   */
  script(kind: string, ...answers: Answer[]): void {
    this.#scripts.set(kind, [...(this.#scripts.get(kind) ?? []), ...answers])
  }

  /** Scripts the answer to all requests of a kind from now on. */
  scriptAll(kind: string, answer: Answer): void {
    const forever = Array.from({ length: 10_000 }, () => answer)
    this.#scripts.set(kind, forever)
  }

  /** Ends the script of a kind: it succeeds from now on. */
  succeed(kind: string): void {
    this.#scripts.delete(kind)
  }

  /** The requests of a kind so far. */
  of(kind: string): Exchange[] {
    return this.exchanges.filter((exchange) => kindOf(exchange) === kind)
  }

  /** Resolves with the requests of a kind once there are so many. */
  async received(kind: string, count: number): Promise<Exchange[]> {
    while (this.of(kind).length < count)
      await this.#server.received(this.#server.requests.length + 1)
    return this.of(kind).slice(0, count)
  }

  /** Resolves once so many more requests of a kind have arrived. */
  more(kind: string, count = 1): Promise<Exchange[]> {
    return this.received(kind, this.of(kind).length + count)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]()
  }

  #answer(request: Received, response: ServerResponse): void {
    const exchange: Exchange = { ...request, arrivedMs: performance.now(), answeredMs: undefined }
    this.exchanges.push(exchange)
    this.mostInFlight = Math.max(this.mostInFlight, ++this.#inFlight)
    response.once('close', () => this.#inFlight--)
    const end = response.end.bind(response)
    response.end = ((...args: Parameters<typeof end>) => {
      exchange.answeredMs = performance.now()
      return end(...args)
    }) as typeof response.end
    const scripted = this.#scripts.get(kindOf(request))?.shift()
    ;(scripted ?? this.#success)(response, request)
  }

  readonly #success: Answer = (response, { method, path, body }) => {
    if (method === 'GET') return respondJson(response, 200, [])
    if (method === 'DELETE') return respondJson(response, 200, { status: 'deleted' })
    if (path === '/agents/heartbeats') return respondJson(response, 200, { ok: 1, unknown: [] })
    const agent = path === '/agents/register' ? { ...wireAgent('a-1'), ...Object(body) } : {}
    respondJson(response, 200, { ...agent, status: 'ok', revision: 1, ...this.lease })
  }
}

export const REGISTER = 'POST /agents/register'
export const HEARTBEAT = 'POST /agents/:id/heartbeat'
export const BATCH = 'POST /agents/heartbeats'
export const DEREGISTER = 'DELETE /agents/:id'
export const LIST = 'GET /agents'
export const GET = 'GET /agents/:id'
export const HISTORY = 'GET /agents/:id/events'
export const EVENTS = 'GET /events'

function kindOf({ method, path }: Pick<Received, 'method' | 'path'>): string {
  const [route = ''] = path.split('?')
  const named = route.replace(/^\/agents\/(?!register$|heartbeats$)[^/]+/, '/agents/:id')
  return `${method} ${named}`
}

/** Answers with a problem document. */
export function problem(
  status: number,
  code: string,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return (response) => respondProblem(response, status, code, headers)
}

/** Answers with JSON. */
export function json(body: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return (response) => respondJson(response, 200, body, headers)
}

/** Never answers. */
export const never: Answer = () => undefined

/** Closes the connection without an answer. */
export const reset: Answer = (response) => void response.destroy()

/** Closes the connection in the middle of the body. */
export const halfBody: Answer = (response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
  response.write('{"status": "ok", ', () => response.destroy())
}

/** Answers with a page, as a web server or proxy does. */
export function page(status: number): Answer {
  return (response) => {
    response.writeHead(status, { 'content-type': 'text/html' })
    response.end('<html>nginx</html>')
  }
}

/** Answers after a delay in milliseconds. */
export function delayed(ms: number, answer: Answer): Answer {
  return (response, request) => void setTimeout(answer, ms, response, request)
}
