import type { RegistrationWarning } from '@rollcall/protocol'
import type { JoinOptions } from '../../src/options/client-options.ts'
import type { ManualClientClock } from './manual-client-clock.ts'
import { answerJson, answerProblem, ScriptedServer } from './scripted-server.ts'
import { wireAgent } from './wire-agents.ts'

const OK = 200

/** A registry that knows or does not know one agent, and answers as it is told. */
export class SmallRegistry implements AsyncDisposable {
  /** The next answers, whatever is asked; when there are none, good ones. */
  readonly faults: (number | 'never' | 'reset')[] = []
  knowsAgent = false
  /** What it says with each registration. */
  warnings: RegistrationWarning[] | undefined
  readonly server: ScriptedServer

  private constructor(server: ScriptedServer) {
    this.server = server
  }

  static async start(): Promise<SmallRegistry> {
    const server = await ScriptedServer.start((request, response) => {
      const fault = registry.faults.shift() ?? OK
      if (fault === 'never') return
      if (fault === 'reset') return response.destroy()
      if (fault !== OK) return answerProblem(response, fault, 'BROKEN')
      if (request.method === 'POST' && request.path === '/agents/register') {
        registry.knowsAgent = true
        return answerJson(response, 200, { ...wireAgent('a:1'), warnings: registry.warnings })
      }
      if (!registry.knowsAgent) return answerProblem(response, 404, 'AGENT_NOT_FOUND')
      if (request.method === 'DELETE') registry.knowsAgent = false
      answerJson(response, 200, {
        status: 'ok',
        ttl_seconds: 60,
        heartbeat_interval_seconds: 20,
        revision: 1,
      })
    })
    const registry = new SmallRegistry(server)
    return registry
  }

  get asked(): string[] {
    return this.server.requests.map(({ method, path }) => `${method} ${path}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]()
  }
}

/** What a client asks of it, as `asked` has it. */
export const REGISTER = 'POST /agents/register'
export const HEARTBEAT = 'POST /agents/a%3A1/heartbeat'
export const GOODBYE = 'DELETE /agents/a%3A1'

/** Everything that the agent of this registry is. */
export function joinOptions(registry: SmallRegistry, clock: ManualClientClock): JoinOptions {
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
    url: 'https://a.example/x',
    status: 'busy',
    load: 0.25,
  }
}
