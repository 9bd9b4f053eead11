import type { AgentInstance } from './agent-instance.ts'
import type { ExternalHeartbeats } from './external-heartbeats.ts'
import type { HeartbeatLoop } from './heartbeat-loop.ts'

/** Starts and stops the heartbeats of an agent, whoever sends them. */
export class HeartbeatSender {
  readonly #instance: AgentInstance
  readonly #createLoop: () => HeartbeatLoop
  #loop: HeartbeatLoop | undefined
  /** Another sender, such as a worker thread. */
  external: ExternalHeartbeats | undefined
  /** Whether the agent has left on its own. */
  hasLeft = false
  /** Whether the loop runs while the agent is registered. */
  #isLoopEnabled = false

  constructor(instance: AgentInstance, createLoop: () => HeartbeatLoop) {
    this.#instance = instance
    this.#createLoop = createLoop
  }

  /** Whether no heartbeats are to be sent until the agent registers again. */
  get isAway(): boolean {
    return this.hasLeft || this.#instance.isSuperseded
  }

  get hasLoop(): boolean {
    return this.#loop !== undefined
  }

  /** Starts the loop, now and each time that the agent registers. Idempotent. */
  startLoop(): void {
    this.#isLoopEnabled = true
    if (this.#loop || this.isAway) return
    this.#loop = this.#createLoop()
    this.#loop.start()
  }

  /** Starts the heartbeats of a registered agent. */
  resume(): void {
    if (this.isAway) return
    if (this.#isLoopEnabled) this.startLoop()
    this.external?.start()
  }

  sendNow(): void {
    this.#loop?.sendNow()
  }

  /** Resolves when no heartbeat is in flight. */
  async stop(): Promise<void> {
    const loop = this.#loop
    this.#loop = undefined
    await Promise.all([loop?.stop(), this.external?.stop()])
  }
}
