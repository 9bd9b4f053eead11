import type { RegistrationWarning } from '@rollcall/protocol'
import { mapDetails } from '@rollcall/protocol'
import type { JoinOptions } from '../../src/options/client-options.ts'
import type { ManualClientClock } from './manual-client-clock.ts'
import { respondJson, respondProblem, ScriptedServer } from './scripted-server.ts'
import { wireAgent } from './wire-agents.ts'

const OK = 200

/** A registry with at most one agent, and scripted faults. */
export class FakeRegistry implements AsyncDisposable {
  /** Faults for the next requests, of any kind; without one, a request succeeds. */
  readonly faults: (number | 'never' | 'reset')[] = []
  knowsAgent = false
  /** Returned with each registration. */
  warnings: RegistrationWarning[] | undefined
  readonly server: ScriptedServer

  private constructor(server: ScriptedServer) {
    this.server = server
  }

  static async start(): Promise<FakeRegistry> {
    const server = await ScriptedServer.start((request, response) => {
      const fault = registry.faults.shift() ?? OK
      if (fault === 'never') return
      if (fault === 'reset') return response.destroy()
      if (fault !== OK) return respondProblem(response, fault, 'BROKEN')
      if (request.method === 'POST' && request.path === '/agents/register') {
        registry.knowsAgent = true
        return respondJson(response, 200, { ...wireAgent('a:1'), warnings: registry.warnings })
      }
      if (!registry.knowsAgent) return respondProblem(response, 404, 'AGENT_NOT_FOUND')
      if (request.method === 'DELETE') registry.knowsAgent = false
      respondJson(response, 200, {
        status: 'ok',
        ttl_seconds: 60,
        heartbeat_interval_seconds: 20,
        revision: 1,
      })
    })
    const registry = new FakeRegistry(server)
    return registry
  }

  get calls(): string[] {
    return this.server.requests.map(({ method, path }) => `${method} ${path}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]()
  }
}

/** Calls as they appear in `calls`. */
export const REGISTER = 'POST /agents/register'
export const HEARTBEAT = 'POST /agents/a%3A1/heartbeat'
export const DEREGISTER = 'DELETE /agents/a%3A1'

/** Options of an agent at this registry. */
export function joinOptions(registry: FakeRegistry, clock: ManualClientClock): JoinOptions {
  return {
    registryUrl: registry.server.url,
    clock,
    logger: null,
    agentId: 'a:1',
    agentName: 'A',
    host: '10.0.0.7',
    port: 8001,
    ttlSeconds: 60,
    metadata: { region: 'eu-1' },
    capabilities: ['search', 'plan'],
    version: '1.2',
    ...mapDetails(() => 'a2a'),
    url: 'https://a.example/x',
    status: 'busy',
    load: 0.25,
    instanceId: 'run-1',
  }
}
