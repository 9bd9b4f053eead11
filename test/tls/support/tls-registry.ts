import type { IncomingMessage } from 'node:http'
import { Agent, request } from 'node:https'
import { text } from 'node:stream/consumers'
import { AgentRegistryServer, type AgentRegistryServerOptions } from '@rollcall/server'
import { type Authority, authority, type Issued } from './authority.ts'
import { Files } from './files.ts'

/** A registry that speaks TLS, with authorities of its own. */
export interface TlsRegistry extends AsyncDisposable {
  readonly url: string
  readonly server: AgentRegistryServer
  readonly files: Files
  /** Has issued the certificate of the registry. */
  readonly authority: Authority
  /** Whose client certificates are accepted. */
  readonly clients: Authority
  /** Sends a request on a new connection, with a client certificate or none. */
  send(method: string, path: string, options?: TlsRequest): Promise<TlsResponse>
}

/** What a request has. */
interface TlsRequest {
  readonly client?: Issued | undefined
  readonly token?: string | undefined
  readonly json?: unknown
  /** Further headers. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Keeps connections open; default: closes its connection. */
  readonly agent?: Agent | undefined
}

/** A response with its body as JSON. */
interface TlsResponse {
  readonly status: number
  readonly body: unknown
}

/**
 * Starts a registry with TLS.
 *
 * @param options.store the URL of its store; default `memory:`
 * @param options.clientRules rules of client certificates; undefined: they are not asked for
 * @param options.replace what is in files instead of what belongs there
 */
export async function tlsRegistry(
  options: AgentRegistryServerOptions & {
    store?: string
    clientRules?: string | undefined
    replace?: Readonly<Record<string, string>>
  } = {},
): Promise<TlsRegistry> {
  const { store = 'memory:', clientRules, replace = {}, ...others } = options
  const [own, clients] = [authority('Servers'), authority('Clients')]
  const files = new Files()
  const issued = own.issue()
  const server = new AgentRegistryServer(store, {
    ...others,
    tls: {
      certFile: files.write('server.pem', issued.cert),
      keyFile: files.write('server-key.pem', issued.key),
      ...(clientRules !== undefined && {
        clientCaFile: files.write('clients.pem', clients.cert),
        clientRules,
      }),
    },
  })
  for (const [name, text] of Object.entries(replace)) files.write(name, text)
  const url = await server.listen({ port: 0 }).catch(async (error) => {
    await server.close().catch(() => undefined)
    files[Symbol.dispose]()
    throw error
  })
  return {
    url,
    server,
    files,
    authority: own,
    clients,
    send: (method, path, given) => send(`${url}${path}`, { method, ca: own.cert, ...given }),
    [Symbol.asyncDispose]: async () => {
      await server.close()
      files[Symbol.dispose]()
    },
  }
}

/** Sends a request over TLS. */
async function send(
  url: string,
  options: TlsRequest & { method: string; ca: string },
): Promise<TlsResponse> {
  const { method, ca, client, token, json, agent = new Agent({ ca, ...client }) } = options
  const headers = {
    ...options.headers,
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...(json !== undefined && { 'content-type': 'application/json' }),
  }
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    // Without it, the name would be that in the `Host` header.
    request(url, { method, headers, agent, servername: 'localhost' })
      .once('response', resolve)
      .once('error', reject)
      .end(json === undefined ? undefined : JSON.stringify(json))
  })
  const body = await text(response)
  return { status: response.statusCode ?? 0, body: body === '' ? undefined : JSON.parse(body) }
}
