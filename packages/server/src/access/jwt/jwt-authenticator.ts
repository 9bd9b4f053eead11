import type { FlattenedJWSInput, JWSHeaderParameters, JWTVerifyOptions } from 'jose'
import type { Clock } from '../../domain/clock.ts'
import { RegistryError } from '../../domain/registry-error.ts'
import { type Authenticator, type Credential, RefusedCredential } from '../authenticator.ts'
import type { Principal } from '../principal.ts'
import { type ClaimMapping, principalIn } from './claims.ts'
import type { Jose } from './jose.ts'
import type { KeySet } from './key-set.ts'
import type { KeySource } from './key-source.ts'
import { refusalOf } from './refusals.ts'
import { VerifiedTokens } from './verified-tokens.ts'

/** Seconds by which the clocks of the identity provider and of the registry may differ. */
const CLOCK_SKEW_SECONDS = 30

/** Three parts in base64url; without a signature, the last one is empty. */
const JWT = /^[\w-]+\.[\w-]+\.[\w-]*$/

/** What a token must say. */
export interface JwtRequirements {
  readonly issuer: string
  readonly audience: string
  readonly algorithms: readonly string[]
}

/** Identifies callers by JSON Web Tokens of an identity provider. */
export class JwtAuthenticator implements Authenticator {
  readonly #jose: Jose
  readonly #keys: KeySource
  readonly #options: Omit<JWTVerifyOptions, 'currentDate'>
  readonly #mapping: ClaimMapping
  readonly #clock: Pick<Clock, 'wallMs'>
  readonly #verified = new VerifiedTokens()

  constructor(parts: {
    jose: Jose
    keys: KeySource
    requirements: JwtRequirements
    mapping: ClaimMapping
    clock: Pick<Clock, 'wallMs'>
  }) {
    const { issuer, audience, algorithms } = parts.requirements
    this.#jose = parts.jose
    this.#keys = parts.keys
    this.#mapping = parts.mapping
    this.#clock = parts.clock
    this.#options = {
      issuer,
      audience,
      algorithms: [...algorithms],
      clockTolerance: CLOCK_SKEW_SECONDS,
      // Without it, a stolen token would be valid for good.
      requiredClaims: ['exp'],
    }
  }

  get limitsReads(): boolean {
    return this.#mapping.rules.limitReads
  }

  known(digest: string): Principal | undefined {
    return this.#verified.get(digest, this.#clock.wallMs(), this.#keys.current)
  }

  async lookUp({ token, digest }: Credential): Promise<Principal | undefined> {
    if (!JWT.test(token)) return undefined
    try {
      return await this.#verify(token, digest)
    } catch (error) {
      // The reason of everything else is in the token: the library throws for whatever it cannot read.
      if (error instanceof RegistryError || error instanceof RefusedCredential) throw error
      throw refusalOf(error, this.#jose)
    }
  }

  /** Follows no more changes of the keys. */
  close(): void {
    this.#keys.close()
  }

  async #verify(token: string, digest: string): Promise<Principal> {
    let keys: KeySet | undefined
    const find = async (header: JWSHeaderParameters, input: FlattenedJWSInput) => {
      keys = this.#keys.current
      const key = await keys?.find(header, input).catch((error) => {
        if (!(error instanceof this.#jose.errors.JWKSNoMatchingKey)) throw error
      })
      if (key) return key
      // The provider may have changed its keys.
      await this.#keys.refresh()
      keys = this.#keys.current
      if (keys === undefined) throw new this.#jose.errors.JWKSNoMatchingKey()
      return keys.find(header, input)
    }
    const currentDate = new Date(this.#clock.wallMs())
    const options = { ...this.#options, currentDate }
    const { payload, protectedHeader } = await this.#jose.jwtVerify(token, find, options)
    const principal = principalIn(payload, this.#mapping)
    const expiresAtMs = ((payload.exp as number) + CLOCK_SKEW_SECONDS) * 1000
    const verified = { principal, expiresAtMs, header: protectedHeader }
    // Its key may have been withdrawn meanwhile: nothing would take notice of that later.
    if (keys && keys === this.#keys.current) this.#verified.add(digest, verified, keys)
    return principal
  }
}
