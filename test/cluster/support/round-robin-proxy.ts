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
 * A load balancer as simple as can be: each request goes to the next node, a node that refuses the
 * connection is skipped, and when a node dies with a request in its hands the client loses its
 * connection, as without a balancer.
 */
export class RoundRobinProxy implements AsyncDisposable {
  readonly figures = { forwarded: 0, skipped: 0, broken: 0 }
  readonly #ports: readonly number[]
  readonly #connections = new Agent({ keepAlive: true })
  readonly #server = createServer((incoming, outgoing) => void this.#accept(incoming, outgoing))
  readonly #underWay = new Map<ClientRequest, number>()
  readonly #leftOut = new Set<number>()
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

  /** Sends no more requests to a node that hangs, and gives up those that it has. */
  leaveOut({ port }: { readonly port: number }): void {
    this.#leftOut.add(port)
    for (const [forwarded, to] of this.#underWay) if (to === port) forwarded.destroy()
  }

  /** Sends requests to a node again. */
  takeIn({ port }: { readonly port: number }): void {
    this.#leftOut.delete(port)
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
    this.#underWay.set(forwarded, port)
    forwarded.once('close', () => this.#underWay.delete(forwarded))
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
    const ports = this.#ports.filter((port) => !this.#leftOut.has(port))
    const port = ports[this.#turn++ % ports.length]
    if (port === undefined) throw new Error('every node is left out')
    return port
  }

  #lose(outgoing: ServerResponse): void {
    this.figures.broken++
    const { socket } = outgoing
    // Without a good end: half an answer must not pass for a whole one.
    if (socket instanceof Socket) socket.resetAndDestroy()
  }
}
