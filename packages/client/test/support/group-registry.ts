import { setTimeout as sleep } from 'node:timers/promises'
import { respondJson, respondProblem, ScriptedServer } from './scripted-server.ts'
import { wireAgent } from './wire-agents.ts'

/**
 * A registry for groups, which can lose agents, reject one, and leave heartbeats without a
 * response.
 */
export class GroupRegistry implements AsyncDisposable {
  readonly known = new Set<string>()
  rejected: string | undefined
  silent = 0
  /** Of an overloaded registry. */
  intervalFactor: number | undefined
  isUnreachable = false
  /** Milliseconds that a deregistration takes. */
  goodbyeMs = 0
  /** The most deregistrations at once. */
  mostGoodbyes = 0
  #goodbyes = 0
  #held: Promise<void> | undefined
  readonly server: ScriptedServer

  private constructor(server: ScriptedServer) {
    this.server = server
  }

  static async start(): Promise<GroupRegistry> {
    const server = await ScriptedServer.start(async ({ method, path, body }, response) => {
      if (registry.isUnreachable) return void response.destroy()
      if (path === '/agents/register') {
        const { agent_id, ttl_seconds } = body as { agent_id: string; ttl_seconds: number }
        if (agent_id === registry.rejected) return respondProblem(response, 422, 'VALIDATION_ERROR')
        registry.known.add(agent_id)
        return respondJson(response, 200, wireAgent(agent_id, { ttl_seconds }))
      }
      if (path === '/agents/heartbeats') {
        if (registry.silent-- > 0) return
        const ids = idsIn(body)
        await registry.#held
        const unknown = ids.filter((id) => !registry.known.has(id))
        return respondJson(response, 200, {
          ok: ids.length - unknown.length,
          unknown,
          revision: 1,
          heartbeat_interval_factor: registry.intervalFactor,
        })
      }
      if (method === 'DELETE') {
        registry.mostGoodbyes = Math.max(registry.mostGoodbyes, ++registry.#goodbyes)
        await sleep(registry.goodbyeMs)
        registry.#goodbyes--
        registry.known.delete(decodeURIComponent(path.split('/')[2] ?? ''))
      }
      respondJson(response, 200, { status: 'deleted' })
    })
    const registry = new GroupRegistry(server)
    return registry
  }

  /** Delays the response to the next batch until the returned function is called. */
  holdBatch(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#held = promise
    return resolve
  }

  /** The heartbeats of each batch. */
  get reports(): unknown[] {
    const batches = this.server.requests.filter(({ path }) => path === '/agents/heartbeats')
    return batches.map(({ body }) => (body as { heartbeats: unknown }).heartbeats)
  }

  /** The ids in each batch of heartbeats, in order of arrival. */
  get batches(): string[][] {
    const batches = this.server.requests.filter(({ path }) => path === '/agents/heartbeats')
    return batches.map(({ body }) => idsIn(body))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]()
  }
}

function idsIn(body: unknown): string[] {
  const { heartbeats } = body as { heartbeats: readonly { agent_id: string }[] }
  return heartbeats.map(({ agent_id }) => agent_id)
}

/** Options of an agent of a group. */
export const member = (agentId: string, ttlSeconds = 60) => ({
  agentId,
  agentName: 'A',
  host: '10.0.0.7',
  ttlSeconds,
})
