import type { KeySet } from './key-set.ts'

/** Where the keys of an identity provider come from. */
export interface KeySource {
  /** The keys that were read last; undefined: none could be read so far. */
  readonly current: KeySet | undefined
  /**
   * Reads the keys again for a token whose key is not among them, unless that was just done.
   *
   * @throws RegistryError `IDENTITY_UNAVAILABLE` if they cannot be read
   */
  refresh(): Promise<void>
  /** Follows no more changes. */
  close(): void
}
