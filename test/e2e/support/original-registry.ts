import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

interface Entry {
  readonly registration: Record<string, unknown> & { readonly agent_id: string }
  readonly registeredAt: number
  readonly lastHeartbeat: number
}

const DEFAULT_TTL_SECONDS = 60

/**
 * A registry that implements only the original contract, like existing implementations in other
 * languages: heartbeat responses have no TTL or interval, times are UTC without a `Z`, and there
 * are neither statuses nor streams.
 */
export class OriginalRegistry implements AsyncDisposable {
  readonly #agents = new Map<string, Entry>()
  readonly #server: Server

  private constructor() {
    this.#server = createServer(async (request, response) => {
      const body = (await buffer(request)).toString()
      const [status, responseBody] = this.#handle(`${request.method} ${request.url}`, body)
      response
        .writeHead(status, { 'content-type': 'application/json' })
        .end(JSON.stringify(responseBody))
    })
  }

  static async start(): Promise<OriginalRegistry> {
    const registry = new OriginalRegistry()
    await new Promise<void>((resolve) => registry.#server.listen(0, '127.0.0.1', resolve))
    return registry
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #handle(call: string, body: string): [status: number, body: unknown] {
    if (call === 'GET /agents') {
      const alive = [...this.#agents.values()].map(toWire).filter(({ is_alive }) => is_alive)
      return [200, alive]
    }
    if (call === 'POST /agents/register') {
      const registration = JSON.parse(body) as Entry['registration']
      const now = Date.now()
      const registeredAt = this.#agents.get(registration.agent_id)?.registeredAt ?? now
      const entry = { registration, registeredAt, lastHeartbeat: now }
      this.#agents.set(registration.agent_id, entry)
      return [200, toWire(entry)]
    }
    const [, method, id = '', isHeartbeat] =
      /^(GET|POST|DELETE) \/agents\/([^/]+)(\/heartbeat)?$/.exec(call) ?? []
    const agentId = decodeURIComponent(id)
    const entry = this.#agents.get(agentId)
    if (!entry) return [404, { detail: 'Agent not found' }]
    if (method === 'DELETE') {
      this.#agents.delete(agentId)
      return [200, { status: 'deleted', agent_id: agentId }]
    }
    if (!isHeartbeat) return [200, toWire(entry)]
    const lastHeartbeat = Date.now()
    this.#agents.set(agentId, { ...entry, lastHeartbeat })
    return [200, { status: 'ok', last_heartbeat: toNaiveIsoString(lastHeartbeat) }]
  }
}

function toWire({ registration, registeredAt, lastHeartbeat }: Entry) {
  const { agent_id, agent_name, host, port, metadata = null } = registration
  const ttl_seconds = Number(registration.ttl_seconds ?? DEFAULT_TTL_SECONDS)
  return {
    ...{ agent_id, agent_name, host, port, metadata, ttl_seconds },
    registered_at: toNaiveIsoString(registeredAt),
    last_heartbeat: toNaiveIsoString(lastHeartbeat),
    is_alive: Date.now() < lastHeartbeat + ttl_seconds * 1000,
  }
}

/** Formats a time like Python's `datetime.utcnow().isoformat()`. */
function toNaiveIsoString(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000')
}
