import { once } from 'node:events'
import {
  Agent,
  type ClientRequest,
  createServer,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http'
import { type AddressInfo, Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'

/**
 * A minimal load balancer: each request goes to the next node and a node that refuses the
 * connection is skipped. When a node is killed with a request in flight, the client loses its
 * connection, as it would without a load balancer.
 */
export class RoundRobinProxy implements AsyncDisposable {
  readonly figures = { forwarded: 0, skipped: 0, broken: 0 }
  readonly #ports: readonly number[]
  readonly #connections = new Agent({ keepAlive: true })
  readonly #server = createServer((incoming, outgoing) => void this.#accept(incoming, outgoing))
  readonly #inFlight = new Map<ClientRequest, number>()
  readonly #excluded = new Set<number>()
  #turn = 0

  private constructor(ports: readonly number[]) {
    this.#ports = ports
  }

  static async start(nodes: readonly { readonly port: number }[]): Promise<RoundRobinProxy> {
    const proxy = new RoundRobinProxy(nodes.map(({ port }) => port))
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Stops routing requests to a node that hangs, and aborts those in flight. */
  exclude({ port }: { readonly port: number }): void {
    this.#excluded.add(port)
    for (const [forwarded, to] of this.#inFlight) if (to === port) forwarded.destroy()
  }

  /** Routes requests to a node again. */
  include({ port }: { readonly port: number }): void {
    this.#excluded.delete(port)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close()
    this.#server.closeAllConnections()
    this.#connections.destroy()
  }

  async #accept(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body = await buffer(incoming)
    this.#forward(incoming, { body, outgoing, attempt: 1 })
  }

  #forward(
    incoming: IncomingMessage,
    to: { body: Buffer; outgoing: ServerResponse; attempt: number },
  ): void {
    const { body, outgoing, attempt } = to
    const { method, url, headers } = incoming
    const port = this.#nextPort()
    const forwarded = request({
      host: '127.0.0.1',
      port,
      method,
      path: url,
      headers,
      agent: this.#connections,
    })
    this.#inFlight.set(forwarded, port)
    forwarded.once('close', () => this.#inFlight.delete(forwarded))
    forwarded.once('response', (response) => {
      this.figures.forwarded++
      outgoing.writeHead(response.statusCode ?? 0, response.headers)
      response.pipe(outgoing)
      response.once('error', () => this.#lose(outgoing))
    })
    forwarded.once('error', (error) => {
      const isRefused = 'code' in error && error.code === 'ECONNREFUSED'
      if (isRefused && attempt < this.#ports.length) {
        this.figures.skipped++
        this.#forward(incoming, { ...to, attempt: attempt + 1 })
      } else this.#lose(outgoing)
    })
    forwarded.end(body)
  }

  #nextPort(): number {
    const ports = this.#ports.filter((port) => !this.#excluded.has(port))
    const port = ports[this.#turn++ % ports.length]
    if (port === undefined) throw new Error('every node is excluded')
    return port
  }

  #lose(outgoing: ServerResponse): void {
    this.figures.broken++
    const { socket } = outgoing
    // Destroys the socket instead of ending it: a truncated response must not look complete.
    if (socket instanceof Socket) socket.resetAndDestroy()
  }
}
