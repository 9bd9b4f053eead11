/** The settings of the brake in the model: so few agents that random operations reach it. */
export const MODEL_BRAKE = { brakeFraction: 0.5, brakeMinimum: 2, brakeMaxSeconds: 60 } as const

/** What the brake looks at; `deadline` is on the monotonic clock. */
interface JudgedAgent {
  readonly fields: { readonly ttlSeconds?: number | undefined }
  readonly deadline: number
  readonly expired: boolean
  readonly suspect: boolean
}

/** The brake on mass expiry in the model; see `docs/decisions/0019-mass-expiry-brake.md`. */
export class NaiveBrake {
  readonly #isEnabled: boolean
  /** Undefined: off. On the monotonic clock. */
  #engaged: { endsAt: number; countedAt: number } | undefined
  #expired = { weight: 0, meanTtlMs: 1, at: 0 }

  constructor(options: { isEnabled: boolean }) {
    this.#isEnabled = options.isEnabled
  }

  /** When it ends; undefined: it is off. */
  endsAt(now: number): number | undefined {
    if (this.#engaged && this.#engaged.endsAt <= now) this.#engaged = undefined
    return this.#engaged?.endsAt
  }

  /** Judges the brake when some agents have come due. */
  judge(now: number, agents: readonly JudgedAgent[], due: readonly JudgedAgent[]): void {
    if (!this.#isEnabled) return
    const isOn = this.endsAt(now) !== undefined
    const present = agents.filter(({ expired }) => !expired)
    const living = present.filter(({ suspect }) => !suspect)
    const late = living.filter(({ deadline, fields }) => deadline - now <= ttlMs(fields) / 3)
    if (!isOn) {
      const dying = due.filter(({ suspect }) => !suspect)
      if (dying.length === 0) return
      const recent =
        this.#expired.weight * Math.exp((this.#expired.at - now) / this.#expired.meanTtlMs)
      if (late.length >= 2 && late.length > (living.length + recent) / 2) {
        this.#engaged = { endsAt: now + 60_000, countedAt: now }
        return
      }
      const weight = recent + dying.length
      const ttls = dying.reduce((sum, { fields }) => sum + ttlMs(fields), 0)
      const meanTtlMs = (recent * this.#expired.meanTtlMs + ttls) / weight
      this.#expired = { weight, meanTtlMs, at: now }
    } else if (this.#engaged && now - this.#engaged.countedAt >= 5_000) {
      this.#engaged.countedAt = now
      const silent = late.length + present.length - living.length
      if (silent < 2 || silent <= present.length / 4) this.#engaged = undefined
    }
  }

  /** Follows a restart of a store that keeps its brake, or judges the fleet anew. */
  restart(awayMs: number, keepsBrake: boolean): void {
    if (!keepsBrake) {
      this.#engaged = undefined
      this.#expired.weight = 0
    }
    this.#expired.at += awayMs
    if (this.#engaged === undefined) return
    this.#engaged.endsAt += awayMs
    this.#engaged.countedAt += awayMs
  }
}

function ttlMs({ ttlSeconds = 60 }: JudgedAgent['fields']): number {
  return ttlSeconds * 1000
}
