/** Why the registry refused. Only the HTTP border knows which status each of them becomes. */
export type RegistryErrorCode =
  /** The agent never registered, or was removed. */
  | 'AGENT_NOT_FOUND'
  /** A registration breaks a rule; `pointer` says where. */
  | 'INVALID_REGISTRATION'
  /** The history no longer reaches back to the revision that was asked for. */
  | 'REVISION_GONE'
  /** The store cannot be written or read now; the same call may work later. */
  | 'STORAGE_UNAVAILABLE'
  /** The store cannot be opened at all: wrong URL, foreign or damaged file, file in use. */
  | 'STORAGE_UNUSABLE'
  /** There is too much to do already: nothing was changed, and the same call may work later. */
  | 'OVERLOADED'
  /** The change was sent to the store and no answer came: it was made, or not. */
  | 'OUTCOME_UNKNOWN'
  /** The registry was closed. */
  | 'CLOSED'

/** Every failure that the registry foresees. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError'
  /** What went wrong, for programs. */
  readonly code: RegistryErrorCode
  /** JSON pointer to the wrong field of a registration as it is on the wire: `/metadata`. */
  readonly pointer: string | undefined
  /** Of `REVISION_GONE`: of the oldest transition that is still there. */
  readonly oldestRevision: number | undefined

  /** For stores; the HTTP border gives each code its status. */
  constructor(
    code: RegistryErrorCode,
    message: string,
    options?: { cause?: unknown; pointer?: string; oldestRevision?: number },
  ) {
    super(message, options && 'cause' in options ? { cause: options.cause } : undefined)
    this.code = code
    this.pointer = options?.pointer
    this.oldestRevision = options?.oldestRevision
  }
}

/** Tells a foreseen failure from a bug. */
export function isRegistryError(error: unknown, code?: RegistryErrorCode): error is RegistryError {
  return error instanceof RegistryError && (code === undefined || error.code === code)
}
