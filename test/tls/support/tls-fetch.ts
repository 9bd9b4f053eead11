import type { IncomingHttpHeaders } from 'node:http'
import { Agent, request } from 'node:https'
import { Readable } from 'node:stream'

/** A `fetch` with authorities, and perhaps a client certificate, of its own: that of Node has no options for them. */
export function tlsFetch(tls: { ca: string; cert?: string; key?: string }): typeof fetch {
  const agent = new Agent({ ...tls, maxCachedSessions: 0 })
  return (url, { method = 'GET', headers, body } = {}) =>
    new Promise((resolve, reject) => {
      const own = Object.fromEntries(new Headers(headers ?? {}))
      request(String(url), { method, agent, headers: own }, (response) => {
        const { statusCode: status = 0, headers: received } = response
        resolve(new Response(Readable.toWeb(response) as never, { status, ...entries(received) }))
      })
        .once('error', reject)
        .end(body)
    })
}

function entries(headers: IncomingHttpHeaders): { headers: [string, string][] } {
  return { headers: Object.entries(headers).map(([name, value]) => [name, String(value)]) }
}
