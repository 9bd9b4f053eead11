import { createServer, type Server } from 'node:http'

/** A web server with an empty page, as any site in the internet: its scripts come from the test. */
export class PageHost implements AsyncDisposable {
  readonly port: number
  readonly #server: Server

  private constructor(server: Server, port: number) {
    this.#server = server
    this.port = port
  }

  static async start(): Promise<PageHost> {
    const server = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html').end('<!doctype html><title>A page</title>')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    return new PageHost(server, address.port)
  }

  /** The origin of the page at a name that the browser resolves to this machine. */
  originAt(name: string): string {
    return `http://${name}:${this.port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.#server.closeAllConnections()
    await closed
  }
}
