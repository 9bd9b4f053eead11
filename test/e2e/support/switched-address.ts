import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/**
 * An address that stays while what is behind it changes: every connection is passed on, byte by
 * byte, to whichever registry it leads to at the time. While it leads nowhere, connections break.
 */
export class SwitchedAddress implements AsyncDisposable {
  readonly #connections = new Set<Socket>()
  readonly #server = createServer((incoming) => this.#passOn(incoming))
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

  /** Leads elsewhere from here on, or nowhere. */
  switchTo(to: { readonly port: number } | undefined): void {
    this.#port = to?.port
    for (const connection of this.#connections) connection.resetAndDestroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close()
    for (const connection of this.#connections) connection.destroy()
  }

  #passOn(incoming: Socket): void {
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
    // Either side may break it off; the other then learns of the close.
    connection.on('error', () => {})
    connection.once('close', () => this.#connections.delete(connection))
  }
}
