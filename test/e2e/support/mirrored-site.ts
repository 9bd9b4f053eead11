import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What the site responds with at a path; `hang`: nothing. */
export type SiteResponse =
  | { readonly status?: number; readonly body?: string | Uint8Array; readonly to?: string }
  | 'hang'

/** A website with a manifest, cards and agents, which a test changes as it likes. */
export class MirroredSite implements AsyncDisposable {
  readonly #server: Server
  readonly #pages = new Map<string, SiteResponse>()
  /** The paths that were asked for, in order. */
  readonly asked: string[] = []

  private constructor(server: Server) {
    this.#server = server
    server.on('request', (request, response) => {
      const path = request.url ?? ''
      this.asked.push(path)
      const page = this.#pages.get(path) ?? { status: 404 }
      if (page === 'hang') return
      const { status = page.to === undefined ? 200 : 302, body = '', to } = page
      response.writeHead(status, to === undefined ? {} : { location: to }).end(body)
    })
  }

  /** @param port default: any free one */
  static async start(port = 0): Promise<MirroredSite> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    return new MirroredSite(server)
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  set(path: string, page: SiteResponse): void {
    this.#pages.set(path, page)
  }

  setJson(path: string, json: object): void {
    this.set(path, { body: JSON.stringify(json) })
  }

  /** Serves an agent and its card, and returns the entry of it. */
  addAgent(name: string): object {
    this.set(`/${name}`, { status: 405 })
    this.setJson(`/${name}/card`, {
      name,
      url: `${this.url}/${name}`,
      description: `The agent ${name}.`,
      version: '1',
      skills: [{ id: 'echo', name: 'Echo', description: 'Says it back.', tags: ['text'] }],
    })
    return {
      identifier: `urn:air:site.example:agent:${name}`,
      displayName: name,
      type: 'application/a2a-agent-card+json',
      url: `${this.url}/${name}/card`,
    }
  }

  /** Offers these entries at `/ard.json`. */
  offer(...entries: object[]): void {
    this.setJson('/ard.json', { entries })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
