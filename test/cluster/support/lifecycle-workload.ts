import { setTimeout as sleep } from 'node:timers/promises'
import type { AgentStatus } from '@rollcall/protocol'
import { registration } from '../../e2e/support/http-client.ts'
import { ABSENT, AcknowledgedLedger } from './acknowledged-histories.ts'
import type { PatientClient } from './retrying-client.ts'

/** These live long: what becomes of them is up to those who change them. */
const TTL_SECONDS = 3600
const AGENTS_PER_CHANGER = 20

interface Change {
  readonly agentId: string
  readonly becomes: string
  readonly method: string
  readonly path: string
  readonly body?: unknown
  /** What may be answered when it is sent for the second time. */
  readonly again: number
}

/** Registers agents, changes their status, registers them anew and deregisters them, for ever. */
export class ChangingAgents {
  readonly promises = new AcknowledgedLedger()
  /** Answers that nobody should get. */
  readonly failures: string[] = []
  readonly #client: PatientClient

  constructor(client: PatientClient) {
    this.#client = client
  }

  /** So many at once, each with agents of its own, until it is told to stop. */
  async changeUntil(
    isOver: () => boolean,
    options: { changers: number; pauseMs: number },
  ): Promise<void> {
    const { changers, pauseMs } = options
    await Promise.all(
      Array.from({ length: changers }, async (_, changer) => {
        for (let turn = 0; !isOver(); turn++) {
          const agentId = `changing:${changer}:${turn % AGENTS_PER_CHANGER}`
          await this.#liveOnce(agentId, (turn % 10_000) * 5 + 1)
          await sleep(pauseMs * (0.5 + Math.random()))
        }
      }),
    )
  }

  /** Ports that no other change of the agent has make every state of it one of a kind. */
  async #liveOnce(agentId: string, port: number): Promise<void> {
    if (!(await this.#perform(register(agentId, port)))) return
    if (!(await this.#perform(report(agentId, port, 'busy')))) return
    if (!(await this.#perform(report(agentId, port, 'ready')))) return
    if (!(await this.#perform(register(agentId, port + 1)))) return
    // Every other one stays, until its next life begins with another port.
    if (port % 2 === 0 || Math.random() < 0.5) return
    await this.#perform(deregister(agentId))
  }

  /**
   * Sends a change. When its outcome is unknown, it is either sent again or left at that; then the
   * life is over, because nobody knows what the agent is now.
   *
   * @returns whether it was acknowledged
   */
  async #perform({ agentId, becomes, method, path, body, again }: Change): Promise<boolean> {
    const change = this.promises.send(agentId, becomes)
    for (let attempts = 1; ; attempts++) {
      const attempt = await this.#client.attempt(method, path, body)
      if (attempt.outcome === 'answered') {
        const { status } = attempt.answer
        if (status === 200 || (attempts > 1 && status === again)) {
          change.acknowledged()
          return true
        }
        this.failures.push(`${method} ${path}: ${JSON.stringify(attempt.answer.body)}`)
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
