import { setTimeout as sleep } from 'node:timers/promises'
import type { AgentStatus } from '@rollcall/protocol'
import { registration } from '../../e2e/support/http-client.ts'
import { ABSENT, AcknowledgedHistories } from './acknowledged-histories.ts'
import type { RetryingClient } from './retrying-client.ts'

/** Long enough never to lapse: only the workload changes these agents. */
const TTL_SECONDS = 3600
const AGENTS_PER_CHANGER = 20

interface Change {
  readonly agentId: string
  readonly becomes: string
  readonly method: string
  readonly path: string
  readonly body?: unknown
  /** Status that is also correct when the change is sent a second time. */
  readonly again: number
}

/**
 * Registers agents, changes their status, registers them again and deregisters them, repeatedly.
 */
export class LifecycleWorkload {
  readonly acknowledged = new AcknowledgedHistories()
  /** Unexpected responses. */
  readonly failures: string[] = []
  readonly #client: RetryingClient

  constructor(client: RetryingClient) {
    this.#client = client
  }

  /** Runs several workers, each with its own agents, until `isOver` returns true. */
  async changeUntil(
    isOver: () => boolean,
    options: { changers: number; pauseMs: number },
  ): Promise<void> {
    const { changers, pauseMs } = options
    await Promise.all(
      Array.from({ length: changers }, async (_, changer) => {
        for (let turn = 0; !isOver(); turn++) {
          const agentId = `changing:${changer}:${turn % AGENTS_PER_CHANGER}`
          await this.#runLifecycle(agentId, (turn % 10_000) * 5 + 1)
          await sleep(pauseMs * (0.5 + Math.random()))
        }
      }),
    )
  }

  /** A port that no other change of the agent uses makes each of its states unique. */
  async #runLifecycle(agentId: string, port: number): Promise<void> {
    if (!(await this.#perform(register(agentId, port)))) return
    if (!(await this.#perform(report(agentId, port, 'busy')))) return
    if (!(await this.#perform(report(agentId, port, 'ready')))) return
    if (!(await this.#perform(register(agentId, port + 1)))) return
    // Half of the agents stay until their next lifecycle begins with another port.
    if (port % 2 === 0 || Math.random() < 0.5) return
    await this.#perform(deregister(agentId))
  }

  /**
   * Sends a change. If its outcome is unknown, either sends it again or gives up; giving up ends
   * the lifecycle, because the state of the agent is unknown.
   *
   * @returns whether the change was acknowledged
   */
  async #perform({ agentId, becomes, method, path, body, again }: Change): Promise<boolean> {
    const change = this.acknowledged.send(agentId, becomes)
    for (let attempts = 1; ; attempts++) {
      const attempt = await this.#client.attempt(method, path, body)
      if (attempt.outcome === 'responded') {
        const { status } = attempt.response
        if (status === 200 || (attempts > 1 && status === again)) {
          change.acknowledged()
          return true
        }
        this.failures.push(`${method} ${path}: ${JSON.stringify(attempt.response.body)}`)
        return false
      }
      if (attempts === 1 && Math.random() < 0.5) return false
    }
  }
}

function register(agentId: string, port: number): Change {
  const body = registration(agentId, { port, status: 'ready', ttl_seconds: TTL_SECONDS })
  const becomes = `${port} ready`
  return { agentId, becomes, method: 'POST', path: '/agents/register', body, again: 200 }
}

function report(agentId: string, port: number, status: AgentStatus): Change {
  const path = `/agents/${agentId}/heartbeat`
  return {
    agentId,
    becomes: `${port} ${status}`,
    method: 'POST',
    path,
    body: { status },
    again: 200,
  }
}

function deregister(agentId: string): Change {
  return { agentId, becomes: ABSENT, method: 'DELETE', path: `/agents/${agentId}`, again: 404 }
}
