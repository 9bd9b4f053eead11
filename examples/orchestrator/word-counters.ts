import type { Agent, DiscoveryClient, LiveView } from '@rollcall/client'

const JOB_TIMEOUT_MS = 5000

/**
 * Assigns word counts to the agents that can do them.
 *
 * It follows the registry with live views, local copies of a list. Choosing an agent therefore needs
 * no request, and works while the registry is unreachable.
 */
export class WordCounters {
  /** The agents that report `ready`. */
  readonly ready: LiveView
  /** The agents that are ready, or will be after their current work. */
  readonly #capable: LiveView

  constructor(registry: DiscoveryClient, capability = 'word-count') {
    this.ready = registry.liveView({ capability, status: 'ready' })
    this.#capable = registry.liveView({ capability, status: ['ready', 'busy'] })
  }

  /**
   * Has an agent count a text, and tries another one if that fails. Sending the same job to two agents
   * is safe only because counting is idempotent.
   *
   * @throws Error if no agent is ready, or every ready agent failed
   */
  async count(text: string): Promise<string> {
    const tried = new Set<string>()
    for (let agent = this.#next(tried); agent; agent = this.#next(tried)) {
      tried.add(agent.agentId)
      console.log(`asking ${agent.agentId}`)
      try {
        const { words } = await requestCount(agent, text)
        return `${words} words, counted by ${agent.agentId}`
      } catch (error) {
        console.log(`${agent.agentId} failed: ${reasonOf(error)}`)
      }
    }
    throw new Error(tried.size > 0 ? 'every ready agent failed' : 'no agent is ready')
  }

  /** Stops following the registry. */
  async close(): Promise<void> {
    await Promise.all([this.ready.close(), this.#capable.close()])
  }

  /** Returns a less busy agent; if that one has already failed, any other. */
  #next(tried: ReadonlySet<string>): Agent | undefined {
    const picked = this.ready.pick()
    if (picked && !tried.has(picked.agentId)) return picked
    // While the registry is unreachable, "busy" may be outdated: a failed attempt is better than none.
    const { agents, isConnected } = this.ready
    const others = isConnected ? agents : [...agents, ...this.#capable.agents]
    return others.find(({ agentId }) => !tried.has(agentId))
  }
}

async function requestCount(agent: Agent, text: string): Promise<{ words: number }> {
  // A killed agent refuses the connection; one that hangs needs the timeout.
  const signal = AbortSignal.timeout(JOB_TIMEOUT_MS)
  const response = await fetch(agent.url, { method: 'POST', body: text, signal })
  if (!response.ok) throw new Error(`status ${response.status}`)
  return (await response.json()) as { words: number }
}

/** Returns a readable cause of an error. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  // The message of a `fetch` error is generic; its cause has the reason.
  const { cause, message } = error
  return error instanceof TypeError && cause instanceof Error ? cause.message : message
}
