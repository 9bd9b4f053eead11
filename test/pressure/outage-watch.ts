import { setTimeout as sleep } from 'node:timers/promises'
import { registration } from '../e2e/support/http-client.ts'
import { pause } from './aborted.ts'
import type { Finding } from './attack.ts'
import { statusOf } from './http-status.ts'

const EVERY_MS = 250
/** Longer than anything in the registry waits. */
const ANSWER_LIMIT_MS = 30_000
const READY_GOAL_MS = 5000
/** What an answer has to say when it does not know. */
const MAYBE = /\b(may|might)\b/i

/** What a registration was answered with. */
interface Registered {
  readonly agentId: string
  readonly status: number
  readonly text: string
}

/** Registers agents and asks whether the registry is ready, while what it stands on fails. */
export class OutageWatch {
  readonly #url: string
  readonly #registered: Registered[] = []
  readonly #began = performance.now()
  #unreadyAfterMs: number | undefined

  constructor(url: string) {
    this.#url = url
  }

  /** Goes on until the signal is aborted, and then until everything is answered. */
  async watch(signal: AbortSignal): Promise<void> {
    const asked: Promise<unknown>[] = []
    for (let turn = 0; !signal.aborted; turn++) {
      asked.push(this.#register(`outage-${turn}`), this.#askReadiness())
      await pause(EVERY_MS, signal)
    }
    await Promise.race([Promise.all(asked), sleep(2000)])
  }

  /** When readiness was denied, against five seconds. */
  readiness(): Finding {
    const ms = this.#unreadyAfterMs
    const what = '/health/ready says no after'
    if (ms === undefined) return { what, value: 'never', isGood: false }
    return { what, value: ms / 1000, unit: 's', isGood: ms <= READY_GOAL_MS, isTimed: true }
  }

  /** Registrations that were acknowledged and are not there. */
  async lost(): Promise<Finding> {
    const acknowledged = this.#registered.filter(({ status }) => status === 200)
    let lost = 0
    for (const { agentId } of acknowledged) if (!(await this.#isThere(agentId))) lost++
    const value = `${lost} of ${acknowledged.length}`
    return { what: 'acknowledged and lost', value, isGood: lost === 0 }
  }

  /** Registrations that were refused as if nothing had been changed, and are there. */
  async committedLater(): Promise<Finding> {
    const refused = this.#registered.filter(({ status }) => status >= 500)
    const certain = refused.filter(({ text }) => !MAYBE.test(text))
    let there = 0
    for (const { agentId } of certain) if (await this.#isThere(agentId)) there++
    const value = `${there} of ${certain.length} (${refused.length - certain.length} said: maybe)`
    return { what: 'refused and committed later', value, isGood: there === 0 }
  }

  async #register(agentId: string): Promise<void> {
    const body = registration(agentId, { ttl_seconds: 3600 })
    const url = `${this.#url}/agents/register`
    const options = { method: 'POST', body, withinMs: ANSWER_LIMIT_MS }
    this.#registered.push({ agentId, ...(await statusOf(url, options)) })
  }

  async #askReadiness(): Promise<void> {
    const { status } = await statusOf(`${this.#url}/health/ready`, { withinMs: READY_GOAL_MS })
    if (status !== 200) this.#unreadyAfterMs ??= performance.now() - this.#began
  }

  async #isThere(agentId: string): Promise<boolean> {
    return (await statusOf(`${this.#url}/agents/${agentId}`)).status === 200
  }
}
