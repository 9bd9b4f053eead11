import {
  Agent as Connections,
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/** Faults that the proxy can inject into a request. */
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
  /** Port 0: any free port. */
  readonly port: number
  /** Where requests are forwarded. */
  readonly targetUrl: string
  /** Fault of the next request; undefined for none. */
  readonly nextFault: () => Fault | undefined
  readonly delayMs: () => number
  /** Value of `Retry-After` in a 503. */
  readonly retryAfterSeconds: () => number
}

/** A proxy between one agent and a registry that injects faults. */
export class FaultyProxy implements AsyncDisposable {
  readonly #options: FaultyProxyOptions
  readonly #connections = new Connections({ keepAlive: false })
  readonly #server: Server
  #port = 0

  private constructor(options: FaultyProxyOptions) {
    this.#options = options
    this.#server = createServer((incoming, response) => this.#accept(incoming, response))
  }

  static async start(options: FaultyProxyOptions): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(options)
    await proxy.comeBack()
    return proxy
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** Closes all connections and stops listening. */
  async goAway(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.#server.closeAllConnections()
    await closed
  }

  async comeBack(): Promise<void> {
    const port = this.#port || this.#options.port
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve))
    const address = this.#server.address()
    if (typeof address === 'object' && address) this.#port = address.port
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server.listening) await this.goAway()
    this.#connections.destroy()
  }

  #accept(incoming: IncomingMessage, response: ServerResponse): void {
    // A reset while reading the body only shows as a socket error.
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
        reject(response, 500, 'INTERNAL_ERROR')
        return
      case '503':
        response.setHeader('retry-after', String(this.#options.retryAfterSeconds()))
        reject(response, 503, 'STORAGE_UNAVAILABLE')
        return
      case '404':
        reject(response, 404, 'AGENT_NOT_FOUND')
        return
      case 'delay':
        await sleep(this.#options.delayMs())
    }
    await this.#forward(incoming, response, fault)
  }

  async #forward(incoming: IncomingMessage, response: ServerResponse, fault: Fault | undefined) {
    const { method, url, headers } = incoming
    const forwarded = await new Promise<IncomingMessage>((resolve, reject) => {
      const outgoing = request(`${this.#options.targetUrl}${url}`, {
        method,
        headers,
        agent: this.#connections,
      })
      outgoing.once('response', resolve).once('error', reject)
      incoming.pipe(outgoing)
    })
    const body = Buffer.concat(await forwarded.toArray())
    if (fault === 'lateReset') {
      // The registry has applied the request, and the client never learns.
      response.socket?.resetAndDestroy()
      return
    }
    const { 'transfer-encoding': _, ...rest } = forwarded.headers
    response.writeHead(forwarded.statusCode ?? 502, { ...rest, 'content-length': body.length })
    if (fault === 'halfBody') {
      response.write(body.subarray(0, body.length / 2), () => response.socket?.destroy())
      return
    }
    response.end(body)
  }
}

function reject(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'content-type': 'application/problem+json' })
  response.end(JSON.stringify({ type: 'about:blank', title: code, status, code, detail: code }))
}
