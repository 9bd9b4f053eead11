import { Agent as Connections, type IncomingHttpHeaders, request } from 'node:http'
import type { Registration } from '@rollcall/protocol'

/** A complete response. */
export interface Answer<Body> {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Body
}

/** Sends a request with an optional JSON body; parses the response as JSON. */
export type Send = <Body>(method: string, path: string, body?: unknown) => Promise<Answer<Body>>

/**
 * A plain HTTP client without retries. It keeps its connections open: one per concurrent request.
 */
export class HttpClient {
  readonly #baseUrl: string
  readonly #connections = new Connections({ keepAlive: true })

  constructor(baseUrl: string) {
    this.#baseUrl = baseUrl
  }

  readonly send: Send = <Body>(method: string, path: string, body?: unknown) => {
    const { promise, resolve, reject } = Promise.withResolvers<Answer<Body>>()
    const text = body === undefined ? undefined : JSON.stringify(body)
    const outgoing = request(`${this.#baseUrl}${path}`, {
      method,
      agent: this.#connections,
      headers: {
        'content-length': text === undefined ? 0 : Buffer.byteLength(text),
        ...(text !== undefined && { 'content-type': 'application/json' }),
      },
    })
    outgoing.once('error', reject)
    outgoing.once('response', (response) => {
      let received = ''
      response.setEncoding('utf8')
      response.on('data', (part: string) => {
        received += part
      })
      response.once('error', reject)
      response.once('end', () => {
        const { statusCode: status = 0, headers } = response
        resolve({ status, headers, body: JSON.parse(received) })
      })
    })
    outgoing.end(text)
    return promise
  }

  get<Body>(path: string): Promise<Answer<Body>> {
    return this.send<Body>('GET', path)
  }

  /** Closes all connections. */
  close(): void {
    this.#connections.destroy()
  }
}

/** Whether a request failed because the other side closed the connection. */
export function isConnectionLost(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'ECONNRESET' || code === 'ECONNREFUSED' || code === 'EPIPE'
}

/** A complete registration; pass the fields that matter to the test. */
export function registration(agentId: string, more: Partial<Registration> = {}): Registration {
  return { agent_id: agentId, agent_name: 'an agent', host: '127.0.0.1', port: 8000, ...more }
}
