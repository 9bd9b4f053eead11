import {
  createServer,
  type IncomingHttpHeaders,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { Webhook as SignedWebhook } from 'standardwebhooks'

/** An event as it has arrived. */
export interface Delivery {
  /** `webhook-id`. */
  readonly id: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** By the monotonic clock of the receiver. */
  readonly atMs: number
}

/** Answers an event; `earlier` is how many have arrived before. */
export type Respond = (response: ServerResponse, delivery: Delivery, earlier: number) => void

const accept: Respond = (response) => response.writeHead(204).end()

/** A receiver of webhooks on loopback: a real HTTP or HTTPS server, which remembers what arrives. */
export class WebhookReceiver implements AsyncDisposable {
  /** In the order of their arrival, also those that were not accepted. */
  readonly deliveries: Delivery[] = []
  /** How events are answered; default: 204. */
  respond: Respond = accept
  readonly #server: Server
  readonly #scheme: 'http' | 'https'
  #port = 0

  /** @param certificate for HTTPS, as PEM with its key; default: HTTP */
  constructor(certificate?: { readonly cert: string; readonly key: string }) {
    const receive: RequestListener = (request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const { headers } = request
        const id = String(headers['webhook-id'])
        const body = Buffer.concat(chunks).toString()
        const delivery = { id, headers, body, atMs: performance.now() }
        this.deliveries.push(delivery)
        this.respond(response, delivery, this.deliveries.length - 1)
      })
    }
    this.#scheme = certificate ? 'https' : 'http'
    this.#server = certificate ? createSecureServer(certificate, receive) : createServer(receive)
  }

  /** Listens on a free port. */
  static async start(respond: Respond = accept): Promise<WebhookReceiver> {
    const receiver = new WebhookReceiver()
    receiver.respond = respond
    await receiver.listen()
    return receiver
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${this.#port}/hook`
  }

  /** Listens, on the same port as before if there was one. */
  async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(this.#port, '127.0.0.1', resolve)
    })
    this.#port = (this.#server.address() as AddressInfo).port
  }

  /** Stops to listen, and breaks all connections. */
  async stop(): Promise<void> {
    if (!this.#server.listening) return
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.#server.closeAllConnections()
    await closed
  }

  /** How many connections are open. */
  connectionCount(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.getConnections((error, count) => (error ? reject(error) : resolve(count)))
    })
  }

  /** The ids that have arrived, each only the first time. */
  get distinctIds(): string[] {
    return [...new Set(this.deliveries.map(({ id }) => id))]
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }
}

/** Verifies a signature as receivers do, and returns the event. @throws if it is not valid */
export function verified({ body, headers }: Delivery, secret: string): Record<string, unknown> {
  const signed = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, `${value}`]),
  )
  return new SignedWebhook(secret).verify(body, signed) as Record<string, unknown>
}

/** Returns the revisions in ids of events. */
export function revisionsOf(ids: readonly string[]): number[] {
  return ids.map((id) => Number(/:(\d+)$/.exec(id)?.[1]))
}
