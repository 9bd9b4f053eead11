import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/**
 * A proxy with a constant address whose target can change: every connection is forwarded, byte by
 * byte, to the current registry. Without a target, connections break.
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

  /** Changes the target; undefined for none. */
  switchTo(to: { readonly port: number } | undefined): void {
    this.#port = to?.port
    for (const connection of this.#connections) connection.resetAndDestroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close()
    for (const connection of this.#connections) connection.destroy()
  }

  #forward(incoming: Socket): void {
    this.#keep(incoming)
    if (this.#port === undefined) {
      incoming.resetAndDestroy()
      return
    }
    const outgoing = connect(this.#port, '127.0.0.1')
    this.#keep(outgoing)
    incoming.pipe(outgoing).pipe(incoming)
    incoming.once('close', () => outgoing.destroy())
    outgoing.once('close', () => incoming.destroy())
  }

  #keep(connection: Socket): void {
    this.#connections.add(connection)
    // When one side closes the connection, the other side is closed too.
    connection.on('error', () => {})
    connection.once('close', () => this.#connections.delete(connection))
  }
}
