import { setTimeout as sleep } from 'node:timers/promises'
import { registration } from '../e2e/support/http-client.ts'
import { pause } from './aborted.ts'
import type { Finding } from './attack.ts'
import { statusOf } from './http-status.ts'

const INTERVAL_MS = 250
/** Longer than any timeout of the registry. */
const RESPONSE_TIMEOUT_MS = 30_000
const READY_GOAL_MS = 5000
/** A response with an unknown outcome has to say so. */
const MAYBE = /\b(may|might)\b/i

/** The response to a registration. */
interface Registered {
  readonly agentId: string
  readonly status: number
  readonly text: string
}

/** Registers agents and polls readiness during an outage. */
export class OutageWatch {
  readonly #url: string
  readonly #registered: Registered[] = []
  readonly #began = performance.now()
  #unreadyAfterMs: number | undefined

  constructor(url: string) {
    this.#url = url
  }

  /** Runs until the signal is aborted and the requests in flight have ended. */
  async watch(signal: AbortSignal): Promise<void> {
    const requests: Promise<unknown>[] = []
    for (let turn = 0; !signal.aborted; turn++) {
      requests.push(this.#register(`outage-${turn}`), this.#checkReadiness())
      await pause(INTERVAL_MS, signal)
    }
    await Promise.race([Promise.all(requests), sleep(2000)])
  }

  /** Time until readiness failed, with a goal of five seconds. */
  readiness(): Finding {
    const ms = this.#unreadyAfterMs
    const what = '/health/ready fails after'
    if (ms === undefined) return { what, value: 'never', isGood: false }
    return { what, value: ms / 1000, unit: 's', isGood: ms <= READY_GOAL_MS, isTimed: true }
  }

  /** Registrations that were acknowledged but do not exist. */
  async lost(): Promise<Finding> {
    const acknowledged = this.#registered.filter(({ status }) => status === 200)
    let lost = 0
    for (const { agentId } of acknowledged) if (!(await this.#exists(agentId))) lost++
    const value = `${lost} of ${acknowledged.length}`
    return { what: 'acknowledged and lost', value, isGood: lost === 0 }
  }

  /** Registrations that were rejected as unchanged but exist. */
  async committedLater(): Promise<Finding> {
    const rejected = this.#registered.filter(({ status }) => status >= 500)
    const certain = rejected.filter(({ text }) => !MAYBE.test(text))
    let committed = 0
    for (const { agentId } of certain) if (await this.#exists(agentId)) committed++
    const value = `${committed} of ${certain.length} (${rejected.length - certain.length} with unknown outcome)`
    return { what: 'rejected but committed later', value, isGood: committed === 0 }
  }

  async #register(agentId: string): Promise<void> {
    const body = registration(agentId, { ttl_seconds: 3600 })
    const url = `${this.#url}/agents/register`
    const options = { method: 'POST', body, withinMs: RESPONSE_TIMEOUT_MS }
    this.#registered.push({ agentId, ...(await statusOf(url, options)) })
  }

  async #checkReadiness(): Promise<void> {
    const { status } = await statusOf(`${this.#url}/health/ready`, { withinMs: READY_GOAL_MS })
    if (status !== 200) this.#unreadyAfterMs ??= performance.now() - this.#began
  }

  async #exists(agentId: string): Promise<boolean> {
    return (await statusOf(`${this.#url}/agents/${agentId}`)).status === 200
  }
}
