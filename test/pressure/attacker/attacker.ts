import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Attack, Finding } from '../attack.ts'
import type { RegistryUnderPressure } from '../registry-under-pressure.ts'
import type { AttackerOptions, AttackStep, FromAttacker, ToAttacker } from './attacker-messages.ts'

const PROGRAM = fileURLToPath(new URL('attacker-process.ts', import.meta.url))

/** Milliseconds that an attack has to let go after it was asked to end. */
const WIND_UP_MS = 3000

/** An attack in a process of its own. */
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
    this.#child.on('message', (message: FromAttacker) => void this.#hear(message))
    this.#child.once('exit', () => {
      const failure = this.#isForced ? {} : { failure: 'its process ended' }
      for (const { resolve } of this.#steps.values()) resolve({ findings: [], ...failure })
    })
  }

  /**
   * Lets it carry out a step; when that takes longer than it may, it is asked to end, and then made
   * to. What failed is in words.
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
    }, limitMs + WIND_UP_MS)
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

  async #hear(message: FromAttacker): Promise<void> {
    if ('done' in message) {
      this.#steps.get(message.done)?.resolve({ findings: message.findings })
    } else if ('failed' in message) {
      this.#steps.get(message.failed)?.resolve({ findings: [], failure: message.error })
    } else {
      const { request, ask } = message
      const node = this.#registry.first
      const milliseconds = ask === 'start' ? 0 : await node.end(ask)
      if (ask === 'start') node.spawn()
      this.#send({ request, milliseconds })
    }
  }

  #send(message: ToAttacker): void {
    if (this.#child.connected) this.#child.send(message)
  }
}
