import type { BrakeOptions } from '../domain/expiry-brake.ts'
import type { ConformanceSubject } from './conformance-subject.ts'
import { nthId, StoreUnderTest } from './store-under-test.ts'

/** Milliseconds between two steps of {@link BrakedFleet.live}. */
const STEP_MS = 250
/** Milliseconds between two heartbeats of an agent: a third of its TTL of 10 s. */
const INTERVAL_MS = 3_250

/** A fleet of agents with a TTL of 10 s whose heartbeats are spread over the time between two of them. */
export class BrakedFleet implements AsyncDisposable {
  readonly store: StoreUnderTest
  readonly #lastBeats = new Map<string, number>()

  private constructor(store: StoreUnderTest) {
    this.store = store
  }

  /** Opens a store with so many agents; the brake holds for at most a minute. */
  static async open(
    subject: ConformanceSubject,
    size: number,
    brake: BrakeOptions = {},
  ): Promise<BrakedFleet> {
    const store = await StoreUnderTest.open(subject, { brake: { brakeMaxSeconds: 60, ...brake } })
    const fleet = new BrakedFleet(store)
    await store.addMany(size)
    for (let at = 0; at < size; at++) {
      const phaseMs = STEP_MS * (at % (INTERVAL_MS / STEP_MS))
      fleet.#lastBeats.set(nthId(at), store.clock.monotonicMs() - phaseMs)
    }
    await fleet.live(INTERVAL_MS)
    return fleet
  }

  /** Ids of agents `from` up to, but not including, `to`. */
  static ids(from: number, to: number): string[] {
    return Array.from({ length: to - from }, (_, at) => nthId(from + at))
  }

  /** Lets agents send no more heartbeats. */
  silence(ids: readonly string[]): void {
    for (const id of ids) this.#lastBeats.delete(id)
  }

  /** Lets silent agents send heartbeats again, each from its next turn on. */
  async hear(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#lastBeats.set(id, this.store.clock.monotonicMs())
    await this.store.repository.updateHeartbeats(ids.map((agentId) => ({ agentId })))
  }

  /** Lets time pass, with heartbeats and sweeps. Returns how many agents expired. */
  async live(ms: number): Promise<number> {
    const { clock, repository } = this.store
    let expired = 0
    for (let passed = 0; passed < ms; passed += STEP_MS) {
      clock.advance(Math.min(STEP_MS, ms - passed))
      const now = clock.monotonicMs()
      const due = [...this.#lastBeats].filter(([, at]) => now - at >= INTERVAL_MS)
      for (const [agentId] of due) this.#lastBeats.set(agentId, now)
      if (due.length > 0) {
        await repository.updateHeartbeats(due.map(([agentId]) => ({ agentId })))
      }
      expired += await this.store.sweep()
    }
    return expired
  }

  /** Returns how many agents show each status. */
  count(): Promise<Readonly<Record<string, number>>> {
    return this.store.repository.countByStatus()
  }

  /** Returns whether the brake is on. */
  async isBraked(): Promise<boolean> {
    return (await this.store.repository.counts()).brake !== undefined
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.store[Symbol.asyncDispose]()
  }
}
