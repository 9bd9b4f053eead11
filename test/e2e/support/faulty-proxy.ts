import {
  Agent as Connections,
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/** Faults that the proxy can inject. */
export const FAULTS = [
  'delay',
  'drop',
  'reset',
  '500',
  '503',
  '404',
  'halfBody',
  'lateReset',
] as const
export type Fault = (typeof FAULTS)[number]

export interface FaultyProxyOptions {
  /** Port to listen on; 0 for any free port. */
  readonly port: number
  /** Target of requests without a fault. */
  readonly targetUrl: string
  /** Returns the fault for the next request; undefined for none. */
  readonly nextFault: () => Fault | undefined
  readonly delayMs: () => number
  /** Returns `Retry-After` for a 503. */
  readonly retryAfterSeconds: () => number
}

/** A proxy between an agent and a registry that injects faults. */
export class FaultyProxy implements AsyncDisposable {
  readonly #options: FaultyProxyOptions
  readonly #connections = new Connections({ keepAlive: false })
  readonly #server: Server
  #port = 0

  private constructor(options: FaultyProxyOptions) {
    this.#options = options
    this.#server = createServer((incoming, response) => this.#handle(incoming, response))
  }

  static async start(options: FaultyProxyOptions): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(options)
    await proxy.restart()
    return proxy
  }

  /** Starts a proxy without faults: a network that can be cut. */
  static withoutFaults(targetUrl: string): Promise<FaultyProxy> {
    return FaultyProxy.start({
      port: 0,
      targetUrl,
      nextFault: () => undefined,
      delayMs: () => 0,
      retryAfterSeconds: () => 1,
    })
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** Closes all connections, and refuses new ones. */
  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.#server.closeAllConnections()
    await closed
  }

  async restart(): Promise<void> {
    const port = this.#port || this.#options.port
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve))
    const address = this.#server.address()
    if (typeof address === 'object' && address) this.#port = address.port
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server.listening) await this.stop()
    this.#connections.destroy()
  }

  #handle(incoming: IncomingMessage, response: ServerResponse): void {
    // A reset in the middle of a body appears as a socket error.
    incoming.on('error', () => undefined)
    const fault = this.#options.nextFault()
    this.#serve(incoming, response, fault).catch(() => response.destroy())
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse, fault: Fault | undefined) {
    switch (fault) {
      case 'drop':
        // Never responds: the client has to time out.
        return
      case 'reset':
        response.socket?.resetAndDestroy()
        return
      case '500':
        respondWithError(response, 500, 'INTERNAL_ERROR')
        return
      case '503':
        response.setHeader('retry-after', String(this.#options.retryAfterSeconds()))
        respondWithError(response, 503, 'STORAGE_UNAVAILABLE')
        return
      case '404':
        respondWithError(response, 404, 'AGENT_NOT_FOUND')
        return
      case 'delay':
        await sleep(this.#options.delayMs())
    }
    await this.#forward(incoming, response, fault)
  }

  async #forward(incoming: IncomingMessage, response: ServerResponse, fault: Fault | undefined) {
    const { method, url, headers } = incoming
    const targetResponse = await new Promise<IncomingMessage>((resolve, reject) => {
      const outgoing = request(`${this.#options.targetUrl}${url}`, {
        method,
        headers,
        agent: this.#connections,
      })
      outgoing.once('response', resolve).once('error', reject)
      incoming.pipe(outgoing)
    })
    const body = Buffer.concat(await targetResponse.toArray())
    if (fault === 'lateReset') {
      // The registry has processed the request, but the client does not get the response.
      response.socket?.resetAndDestroy()
      return
    }
    const { 'transfer-encoding': _, ...rest } = targetResponse.headers
    response.writeHead(targetResponse.statusCode ?? 502, { ...rest, 'content-length': body.length })
    if (fault === 'halfBody') {
      response.write(body.subarray(0, body.length / 2), () => response.socket?.destroy())
      return
    }
    response.end(body)
  }
}

function respondWithError(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'content-type': 'application/problem+json' })
  response.end(JSON.stringify({ type: 'about:blank', title: code, status, code, detail: code }))
}
