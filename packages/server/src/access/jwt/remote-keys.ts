import type { Clock } from '../../domain/clock.ts'
import { RegistryError } from '../../domain/registry-error.ts'
import type { Jose } from './jose.ts'
import { downloadKeys, type KeyPublication } from './key-download.ts'
import { KeySet } from './key-set.ts'
import type { KeySource } from './key-source.ts'

/** Milliseconds between two downloads of the keys: a key that the provider withdraws is trusted as long at most. */
const REFRESH_INTERVAL_MS = 300_000
/** Milliseconds after a download within which a token with an unknown key causes no other one. */
const COOLDOWN_MS = 10_000
/** The same, after a download that has failed. */
const FAILURE_COOLDOWN_MS = 1000

/** What callers learn while the keys cannot be read. */
export const KEYS_UNAVAILABLE = 'The keys of the identity provider cannot be read.'

/** Reports to the operator whether the keys can be read. */
export interface KeyReporter {
  succeeded(): void
  failed(reason: string): void
}

/** Keys that an identity provider publishes. While they cannot be read, those that were read last stay in use. */
export class RemoteKeys implements KeySource {
  readonly #jose: Jose
  readonly #from: KeyPublication
  readonly #reporter: KeyReporter
  readonly #clock: Pick<Clock, 'monotonicMs'>
  readonly #timer: NodeJS.Timeout
  #current: KeySet | undefined
  #download: Promise<void> | undefined
  /** When the last download has ended, and why it has failed. */
  #last: { readonly atMs: number; readonly failure?: string } | undefined

  /** Begins to download the keys: the registry starts before its identity provider does. */
  constructor(parts: {
    jose: Jose
    from: KeyPublication
    reporter: KeyReporter
    clock: Pick<Clock, 'monotonicMs'>
  }) {
    this.#jose = parts.jose
    this.#from = parts.from
    this.#reporter = parts.reporter
    this.#clock = parts.clock
    this.#timer = setInterval(() => void this.#read(), REFRESH_INTERVAL_MS).unref()
    void this.#read()
  }

  get current(): KeySet | undefined {
    return this.#current
  }

  async refresh(): Promise<void> {
    const last = this.#last
    const sinceMs = last ? this.#clock.monotonicMs() - last.atMs : Number.POSITIVE_INFINITY
    const cooldownMs = last?.failure === undefined ? COOLDOWN_MS : FAILURE_COOLDOWN_MS
    if (this.#download || sinceMs >= cooldownMs) await this.#read()
    if (this.#last?.failure === undefined) return
    // Why is for the operator, not for callers.
    throw new RegistryError('IDENTITY_UNAVAILABLE', KEYS_UNAVAILABLE)
  }

  close(): void {
    clearInterval(this.#timer)
  }

  /** Downloads the keys, together with everybody who asks meanwhile. */
  #read(): Promise<void> {
    this.#download ??= this.#readOnce().finally(() => {
      this.#download = undefined
    })
    return this.#download
  }

  async #readOnce(): Promise<void> {
    try {
      this.#current = new KeySet(this.#jose, await downloadKeys(this.#from))
      this.#last = { atMs: this.#clock.monotonicMs() }
      this.#reporter.succeeded()
    } catch (error) {
      const failure = (error as Error).message
      this.#last = { atMs: this.#clock.monotonicMs(), failure }
      this.#reporter.failed(failure)
    }
  }
}
