import { createServer, request, type Server } from 'node:http'

/**
 * A reverse proxy that serves a registry under a prefix and strips it before forwarding, as
 * `proxy_pass http://registry/` of nginx does. Like nginx, it unescapes the path, and escapes again what it must.
 */
export class PrefixProxy implements AsyncDisposable {
  /** URL of the registry behind the proxy, without a trailing slash. */
  readonly registryUrl: string
  readonly #server: Server

  private constructor(server: Server, registryUrl: string) {
    this.#server = server
    this.registryUrl = registryUrl
  }

  static async start(baseUrl: string, prefix = '/registry'): Promise<PrefixProxy> {
    const { hostname, port } = new URL(baseUrl)
    const server = createServer((incoming, outgoing) => {
      const { method, headers, url = '' } = incoming
      if (!url.startsWith(`${prefix}/`)) {
        outgoing.writeHead(404).end('not under the prefix')
        return
      }
      const path = unescaped(url.slice(prefix.length))
      const forwarded = request({ hostname, port, path, method, headers }, (response) => {
        outgoing.writeHead(response.statusCode ?? 502, response.headers)
        response.pipe(outgoing)
      })
      incoming.pipe(forwarded)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    return new PrefixProxy(server, `http://127.0.0.1:${address.port}${prefix}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.#server.closeAllConnections()
    await closed
  }
}

/** `/a%2Fb%3Ac%20d` becomes `/a/b:c%20d`. */
function unescaped(url: string): string {
  const [path = '', ...query] = url.split('?')
  const plain = encodeURI(decodeURIComponent(path)).replaceAll('?', '%3F').replaceAll('#', '%23')
  return [plain, ...query].join('?')
}
