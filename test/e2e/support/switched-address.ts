import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/**
 * A stable address with a switchable target: forwards each connection to the current registry.
 * Without a target, connections are reset.
 */
export class SwitchedAddress implements AsyncDisposable {
  readonly #connections = new Set<Socket>()
  readonly #server = createServer((incoming) => this.#forward(incoming))
  #port: number | undefined

  private constructor(port: number) {
    this.#port = port
  }

  static async start(to: { readonly port: number }): Promise<SwitchedAddress> {
    const address = new SwitchedAddress(to.port)
    address.#server.listen(0, '127.0.0.1')
    await once(address.#server, 'listening')
    return address
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Changes the target, or removes it. */
  switchTo(to: { readonly port: number } | undefined): void {
    this.#port = to?.port
    for (const connection of this.#connections) connection.resetAndDestroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close()
    for (const connection of this.#connections) connection.destroy()
  }

  #forward(incoming: Socket): void {
    this.#track(incoming)
    if (this.#port === undefined) {
      incoming.resetAndDestroy()
      return
    }
    const outgoing = connect(this.#port, '127.0.0.1')
    this.#track(outgoing)
    incoming.pipe(outgoing).pipe(incoming)
    incoming.once('close', () => outgoing.destroy())
    outgoing.once('close', () => incoming.destroy())
  }

  #track(connection: Socket): void {
    this.#connections.add(connection)
    // Either side may reset the connection; the other then closes.
    connection.on('error', () => {})
    connection.once('close', () => this.#connections.delete(connection))
  }
}
