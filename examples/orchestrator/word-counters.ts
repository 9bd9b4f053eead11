import type { Agent, DiscoveryClient, LiveView } from '@rollcall/client'

const JOB_TIMEOUT_MS = 5000

/**
 * The agents that can count words, and the way to get it done by one of them.
 *
 * It follows the registry with live views, local copies of a list. Choosing an agent is therefore no
 * call, and goes on while the registry is away.
 */
export class WordCounters {
  /** Those who say that they are ready. */
  readonly ready: LiveView
  /** Those who are, or will be when they have done what they are at. */
  readonly #able: LiveView

  constructor(registry: DiscoveryClient, capability = 'word-count') {
    this.ready = registry.liveView({ capability, status: 'ready' })
    this.#able = registry.liveView({ capability, status: ['ready', 'busy'] })
  }

  /**
   * Has a text counted by an agent, or by another one when that fails. Giving the same job to two
   * agents is only right because counting does no harm when it is done twice.
   *
   * @throws Error when nobody is ready, or all who were failed
   */
  async count(text: string): Promise<string> {
    const tried = new Set<string>()
    for (let agent = this.#next(tried); agent; agent = this.#next(tried)) {
      tried.add(agent.agentId)
      console.log(`asking ${agent.agentId}`)
      try {
        const { words } = await ask(agent, text)
        return `${words} words, counted by ${agent.agentId}`
      } catch (error) {
        console.log(`${agent.agentId} failed: ${reasonOf(error)}`)
      }
    }
    throw new Error(tried.size > 0 ? 'all who were ready failed' : 'nobody is ready')
  }

  /** Stops following the registry. */
  async close(): Promise<void> {
    await Promise.all([this.ready.close(), this.#able.close()])
  }

  /** One that is not too busy; if that one has failed already, any other. */
  #next(tried: ReadonlySet<string>): Agent | undefined {
    const picked = this.ready.pick()
    if (picked && !tried.has(picked.agentId)) return picked
    // While the registry is away, "busy" is old news: better asked in vain than not at all.
    const { agents, isConnected } = this.ready
    const others = isConnected ? agents : [...agents, ...this.#able.agents]
    return others.find(({ agentId }) => !tried.has(agentId))
  }
}

async function ask(agent: Agent, text: string): Promise<{ words: number }> {
  // An agent that was killed refuses the connection; one that hangs needs the time limit.
  const signal = AbortSignal.timeout(JOB_TIMEOUT_MS)
  const answer = await fetch(agent.url, { method: 'POST', body: text, signal })
  if (!answer.ok) throw new Error(`it answered with ${answer.status}`)
  return (await answer.json()) as { words: number }
}

/** Why something failed, for people. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  // The message of `fetch` only says that it failed; its cause says why.
  const { cause, message } = error
  return error instanceof TypeError && cause instanceof Error ? cause.message : message
}
