import type { Principal } from './principal.ts'

/** What a caller sends to prove who it is. */
export interface Credential {
  /** The text of the token. */
  readonly token: string
  /** Its SHA-256, in hexadecimal: what everything is looked up and stored by. */
  readonly digest: string
}

/** Thrown for a credential that is not valid; the message says why, worded to follow what it is. */
export class RefusedCredential extends Error {
  override readonly name = 'RefusedCredential'
  readonly credential: string

  constructor(message: string, credential = 'token of the request') {
    super(message)
    this.credential = credential
  }
}

/** Identifies callers by one kind of credential. Several of them may work side by side. */
export interface Authenticator {
  /** Whether some of these callers see only some agents. Default false. */
  readonly limitsReads?: boolean
  /**
   * Returns whose credential has a digest, from memory; undefined if it is unknown, or valid no longer. Called for
   * each request, and again and again while a stream is open.
   */
  known(digest: string): Principal | undefined
  /**
   * Identifies a credential that is not {@link known}, which may take time. Absent if everything is in memory.
   *
   * @throws RefusedCredential if it is certainly not valid; RegistryError `STORAGE_UNAVAILABLE` or
   *   `IDENTITY_UNAVAILABLE` if that cannot be found out now
   */
  lookUp?(credential: Credential): Promise<Principal | undefined>
}
