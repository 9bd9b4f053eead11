import type { Jose } from '../../../access/jwt/jose.ts'
import { downloadDocument } from '../../../access/jwt/key-download.ts'
import { KeySet } from '../../../access/jwt/key-set.ts'
import { type Clock, systemClock } from '../../../domain/clock.ts'
import { CARD_LIMITS } from '../../../limits/card-limits.ts'

/** Milliseconds for which keys stay in use: a key that its publisher withdraws is trusted as long at most. */
const MAX_AGE_MS = 300_000
/** Milliseconds after which keys that could not be read are tried again. */
const RETRY_AFTER_MS = 10_000

interface CachedKeys {
  readonly keys: Promise<KeySet>
  untilMs: number
}

/** The keys that sign cards, from the origins that the operator trusts, and from no other address. */
export class CardKeys {
  readonly #origins: ReadonlySet<string>
  readonly #clock: Pick<Clock, 'monotonicMs'>
  readonly #cached = new Map<string, CachedKeys>()
  #downloads = 0

  /** @param options.cardKeyOrigins see `AgentRegistryServerOptions`; default: none */
  constructor(options: {
    readonly cardKeyOrigins?: readonly string[] | undefined
    readonly clock?: Pick<Clock, 'monotonicMs'> | undefined
  }) {
    this.#origins = new Set(options.cardKeyOrigins)
    this.#clock = options.clock ?? systemClock
  }

  /** Whether keys may be read from a URL. */
  allows(url: string): boolean {
    const parsed = URL.parse(url)
    return parsed !== null && this.#origins.has(parsed.origin)
  }

  /** Returns the keys at an allowed URL. @throws Error with the reason why they cannot be read */
  at(url: string): Promise<KeySet> {
    const now = this.#clock.monotonicMs()
    const cached = this.#cached.get(url)
    if (cached && now < cached.untilMs) return cached.keys
    if (this.#downloads >= CARD_LIMITS.cardKeyDownloads.value) {
      return Promise.reject(new Error('too many keys are being read; try again'))
    }
    const reading: CachedKeys = { keys: this.#read(url), untilMs: now + MAX_AGE_MS }
    reading.keys.catch(() => {
      reading.untilMs = this.#clock.monotonicMs() + RETRY_AFTER_MS
    })
    this.#cached.delete(url)
    this.#cached.set(url, reading)
    const [oldest] = this.#cached.keys()
    if (oldest !== undefined && this.#cached.size > CARD_LIMITS.cardKeySets.value)
      this.#cached.delete(oldest)
    return reading.keys
  }

  async #read(url: string): Promise<KeySet> {
    this.#downloads++
    try {
      const jose: Jose = await import('jose')
      return new KeySet(jose, await downloadDocument(url))
    } finally {
      this.#downloads--
    }
  }
}
