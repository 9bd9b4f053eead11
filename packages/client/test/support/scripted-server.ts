import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request as it arrived. */
export interface Received {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: unknown
}

type Handler = (request: Received, response: ServerResponse) => void

/** A real HTTP server on a free port that records requests and responds as the test scripts it. */
export class ScriptedServer implements AsyncDisposable {
  readonly requests: Received[] = []
  readonly #server: Server
  #waiters: { readonly count: number; readonly resolve: () => void }[] = []

  private constructor(server: Server) {
    this.#server = server
  }

  static async start(handle: Handler): Promise<ScriptedServer> {
    const server = createServer()
    const scripted = new ScriptedServer(server)
    server.on('request', async (request: IncomingMessage, response: ServerResponse) => {
      let text = ''
      for await (const part of request.setEncoding('utf8')) text += part
      const { method = '', url = '', headers } = request
      const body: unknown = text === '' ? undefined : JSON.parse(text)
      const received = { method, path: url, headers, body }
      scripted.#record(received)
      handle(received, response)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return scripted
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo
    return `http://127.0.0.1:${port}`
  }

  /** Resolves once `count` requests have arrived, whether or not they have a response. */
  async received(count: number): Promise<void> {
    if (this.requests.length >= count) return
    await new Promise<void>((resolve) => this.#waiters.push({ count, resolve }))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #record(request: Received): void {
    this.requests.push(request)
    for (const { count, resolve } of this.#waiters) {
      if (this.requests.length >= count) resolve()
    }
  }
}

/** Sends a JSON response. */
export function respondJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(body))
}

/** Sends problem details, as the registry does. */
export function respondProblem(
  response: ServerResponse,
  status: number,
  code: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  respondJson(response, status, { type: 'about:blank', title: code, status, code }, headers)
}
