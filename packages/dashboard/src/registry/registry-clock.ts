/** Responses whose times are compared. */
const SAMPLES = 60

/**
 * Estimates the clock of the registry from the `Date` of its responses, so that a wrong clock of the browser shows no
 * lease as lapsed.
 */
export class RegistryClock {
  readonly #localNow: () => number
  readonly #offsets: number[] = []
  #offsetMs = 0

  /** @param localNow Unix time in milliseconds of this machine */
  constructor(localNow: () => number = Date.now) {
    this.#localNow = localNow
  }

  /**
   * Adds the time of a response. `Date` has full seconds and has travelled since, so the clock of the registry is
   * never behind it: the latest of several is the nearest.
   */
  observe(date: string | null): void {
    const sentMs = Date.parse(date ?? '')
    if (Number.isNaN(sentMs)) return
    this.#offsets.push(sentMs - this.#localNow())
    if (this.#offsets.length > SAMPLES) this.#offsets.shift()
    this.#offsetMs = Math.max(...this.#offsets)
  }

  /** Unix time in milliseconds, as the registry has it. */
  readonly now = (): number => this.#localNow() + this.#offsetMs
}
