/** Runs one call at a time: calls that come while one is in flight share its result. */
export class SingleFlight<Result = void> {
  readonly #call: () => Promise<Result>
  #inFlight: Promise<Result> | undefined

  constructor(call: () => Promise<Result>) {
    this.#call = call
  }

  /** Calls now, or joins the call in flight. */
  run(): Promise<Result> {
    this.#inFlight ??= this.#call().finally(() => {
      this.#inFlight = undefined
    })
    return this.#inFlight
  }

  /** Resolves once no call is in flight, whether or not it failed. */
  async settled(): Promise<void> {
    await this.#inFlight?.catch(() => undefined)
  }
}
