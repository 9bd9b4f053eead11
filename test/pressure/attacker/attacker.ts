import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Attack, Finding } from '../attack.ts'
import type { RegistryUnderPressure } from '../registry-under-pressure.ts'
import type { AttackerOptions, AttackStep, FromAttacker, ToAttacker } from './attacker-messages.ts'

const PROGRAM = fileURLToPath(new URL('attacker-process.ts', import.meta.url))

/** Milliseconds for an attack to stop after the request. */
const STOP_TIMEOUT_MS = 3000

/** An attack in its own process. */
export class Attacker implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #registry: RegistryUnderPressure
  readonly #steps = new Map<
    AttackStep,
    PromiseWithResolvers<{ findings: readonly Finding[]; failure?: string }>
  >()
  #isForced = false

  constructor(attack: Attack, registry: RegistryUnderPressure, options: AttackerOptions) {
    this.#registry = registry
    const text = JSON.stringify({ ...options, attack: attack.name } satisfies AttackerOptions)
    this.#child = fork(PROGRAM, [text], { execArgv: [] })
    this.#child.on('message', (message: FromAttacker) => void this.#handleMessage(message))
    this.#child.once('exit', () => {
      const failure = this.#isForced ? {} : { failure: 'its process exited' }
      for (const { resolve } of this.#steps.values()) resolve({ findings: [], ...failure })
    })
  }

  /**
   * Runs a step; if it exceeds its time limit, requests it to stop, and then kills it. Resolves
   * with the error text of a failure.
   */
  async carryOut(
    step: AttackStep,
    limitMs: number,
  ): Promise<{ findings: readonly Finding[]; failure?: string }> {
    const outcome = Promise.withResolvers<{ findings: readonly Finding[]; failure?: string }>()
    if (this.#hasEnded) return { findings: [] }
    this.#steps.set(step, outcome)
    this.#send({ step })
    const abort = setTimeout(() => this.#send({ abort: true }), limitMs)
    const force = setTimeout(() => {
      this.#isForced = true
      this.#child.kill('SIGKILL')
    }, limitMs + STOP_TIMEOUT_MS)
    const result = await outcome.promise
    clearTimeout(abort)
    clearTimeout(force)
    return result
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#hasEnded) return
    const ended = new Promise((resolve) => this.#child.once('exit', resolve))
    this.#child.kill('SIGKILL')
    await ended
  }

  get #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  async #handleMessage(message: FromAttacker): Promise<void> {
    if ('done' in message) {
      this.#steps.get(message.done)?.resolve({ findings: message.findings })
    } else if ('failed' in message) {
      this.#steps.get(message.failed)?.resolve({ findings: [], failure: message.error })
    } else {
      const { request, action } = message
      const node = this.#registry.first
      const milliseconds = action === 'start' ? 0 : await node.stop(action)
      if (action === 'start') node.spawn()
      this.#send({ request, milliseconds })
    }
  }

  #send(message: ToAttacker): void {
    if (this.#child.connected) this.#child.send(message)
  }
}
