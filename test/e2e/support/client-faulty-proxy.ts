import {
  Agent as Connections,
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/** What may happen to a request on its way. */
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
  /** Port 0: any that is free. */
  readonly port: number
  /** Where a good request goes. */
  readonly targetUrl: string
  /** What happens to the next request; undefined: nothing. */
  readonly nextFault: () => Fault | undefined
  readonly delayMs: () => number
  /** Of a 503. */
  readonly retryAfterSeconds: () => number
}

/** A proxy between one agent and a registry that does to it whatever it is told to. */
export class FaultyProxy implements AsyncDisposable {
  readonly #options: FaultyProxyOptions
  readonly #connections = new Connections({ keepAlive: false })
  readonly #server: Server
  #port = 0

  private constructor(options: FaultyProxyOptions) {
    this.#options = options
    this.#server = createServer((asked, answer) => this.#take(asked, answer))
  }

  static async start(options: FaultyProxyOptions): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(options)
    await proxy.comeBack()
    return proxy
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** Ends all connections, and refuses further ones. */
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

  #take(asked: IncomingMessage, answer: ServerResponse): void {
    // Nobody shows a reset in the middle of a body as anything but an error of the socket.
    asked.on('error', () => undefined)
    const fault = this.#options.nextFault()
    this.#serve(asked, answer, fault).catch(() => answer.destroy())
  }

  async #serve(asked: IncomingMessage, answer: ServerResponse, fault: Fault | undefined) {
    switch (fault) {
      case 'drop':
        // No answer, ever: the client has to give up by itself.
        return
      case 'reset':
        answer.socket?.resetAndDestroy()
        return
      case '500':
        refuse(answer, 500, 'INTERNAL_ERROR')
        return
      case '503':
        answer.setHeader('retry-after', String(this.#options.retryAfterSeconds()))
        refuse(answer, 503, 'STORAGE_UNAVAILABLE')
        return
      case '404':
        refuse(answer, 404, 'AGENT_NOT_FOUND')
        return
      case 'delay':
        await sleep(this.#options.delayMs())
    }
    await this.#forward(asked, answer, fault)
  }

  async #forward(asked: IncomingMessage, answer: ServerResponse, fault: Fault | undefined) {
    const { method, url, headers } = asked
    const given = await new Promise<IncomingMessage>((resolve, reject) => {
      const outgoing = request(`${this.#options.targetUrl}${url}`, {
        method,
        headers,
        agent: this.#connections,
      })
      outgoing.once('response', resolve).once('error', reject)
      asked.pipe(outgoing)
    })
    const body = Buffer.concat(await given.toArray())
    if (fault === 'lateReset') {
      // The registry has done it, and the client will never know.
      answer.socket?.resetAndDestroy()
      return
    }
    const { 'transfer-encoding': _, ...rest } = given.headers
    answer.writeHead(given.statusCode ?? 502, { ...rest, 'content-length': body.length })
    if (fault === 'halfBody') {
      answer.write(body.subarray(0, body.length / 2), () => answer.socket?.destroy())
      return
    }
    answer.end(body)
  }
}

function refuse(answer: ServerResponse, status: number, code: string): void {
  answer.writeHead(status, { 'content-type': 'application/problem+json' })
  answer.end(JSON.stringify({ type: 'about:blank', title: code, status, code, detail: code }))
}
