import { ClientProcess } from './client-process.ts'

/** Milliseconds from the answer to a report of an agent until the next report. */
const REPORT_MS = 200

/** Joins some agents alone and the others in a group, and reports their loads all the time. */
const program = (ids: readonly string[], ttlSeconds: number) => `
  import { AgentRegistryClient } from '@rollcall/client'
  const group = AgentRegistryClient.group({ logger: null })
  const options = (agentId) => ({
    agentId, agentName: 'hosted', host: '127.0.0.1', ttlSeconds: ${ttlSeconds}, logger: null,
    // On a busy machine, a call may take long.
    timeoutMs: 60_000, joinTimeoutMs: 300_000,
  })
  const joined = ${JSON.stringify(ids)}.map((id, index) =>
    index % 2 ? group.join(options(id)) : AgentRegistryClient.join(options(id)),
  )
  const agents = await Promise.all(joined)
  let isEnding = false
  const report = async (agent) => {
    while (!isEnding) {
      await agent.heartbeat({ load: Math.random() }).catch(() => undefined)
      await new Promise((resolve) => setTimeout(resolve, ${REPORT_MS}))
    }
  }
  for (const agent of agents) report(agent)
  process.once('SIGTERM', async () => {
    isEnding = true
    await Promise.allSettled(agents.map((agent) => agent.setStatus('draining')))
    await Promise.all([group.close(), ...agents.map((agent) => agent.close())])
    process.exit(0)
  })
  console.log('all joined as', agents[0].instanceId)`

/** A process that runs several agents, and says goodbye for all of them on SIGTERM. */
export class AgentHost implements AsyncDisposable {
  /** The instance of all its agents. */
  readonly instanceId: string
  readonly #process: ClientProcess

  private constructor(process: ClientProcess, instanceId: string) {
    this.#process = process
    this.instanceId = instanceId
  }

  /** Resolves when all agents have joined. */
  static async start(
    ids: readonly string[],
    registryUrl: string,
    ttlSeconds: number,
  ): Promise<AgentHost> {
    const started = ClientProcess.start(program(ids, ttlSeconds), registryUrl)
    await started.printed('\n')
    const instanceId = /all joined as (\S+)/.exec(started.output)?.[1]
    if (instanceId === undefined) throw new Error(`the agents did not join: ${started.output}`)
    return new AgentHost(started, instanceId)
  }

  /** Stops the process as a supervisor does. */
  async stop(): Promise<void> {
    this.#process.signal('SIGTERM')
    const code = await this.#process.exit
    if (code !== 0) throw new Error(`the host exited with ${code}: ${this.#process.output}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]()
  }
}
