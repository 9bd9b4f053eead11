/** Why a call failed. Only the HTTP layer maps these codes to status codes. */
export type RegistryErrorCode =
  /** The agent never registered, or was removed. */
  | 'AGENT_NOT_FOUND'
  /** Another principal has registered the agent, and the caller is no admin. */
  | 'AGENT_OWNED'
  /** Another instance has registered the agent; `incarnation` is its number. */
  | 'SUPERSEDED'
  /** The agent is not at the required revision. */
  | 'PRECONDITION_FAILED'
  /** A registration is invalid; `pointer` says where. */
  | 'INVALID_REGISTRATION'
  /** The history no longer reaches back to the requested revision. */
  | 'REVISION_GONE'
  /** The store cannot be read or written at the moment; the same call may succeed later. */
  | 'STORAGE_UNAVAILABLE'
  /** The store cannot be opened: wrong URL, foreign or corrupt file, file in use. */
  | 'STORAGE_UNUSABLE'
  /** The keys of the identity provider cannot be read at the moment: a caller may be known later. */
  | 'IDENTITY_UNAVAILABLE'
  /** Too much work is in flight: nothing was changed, and the same call may succeed later. */
  | 'OVERLOADED'
  /** The change was sent to the store but not confirmed: it may or may not have been made. */
  | 'OUTCOME_UNKNOWN'
  /** The registry was closed. */
  | 'CLOSED'

/** Every failure that the registry anticipates. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError'
  /** Machine-readable reason. */
  readonly code: RegistryErrorCode
  /** JSON pointer to the invalid field of a registration as on the wire: `/metadata`. */
  readonly pointer: string | undefined
  /** Only of `REVISION_GONE`: the revision of the oldest transition in the history. */
  readonly oldestRevision: number | undefined
  /** Only of `SUPERSEDED`: the incarnation of the current instance. */
  readonly incarnation: number | undefined

  /** Creates an error. Intended for stores; the HTTP layer maps each code to a status. */
  constructor(
    code: RegistryErrorCode,
    message: string,
    options?: {
      cause?: unknown
      pointer?: string
      oldestRevision?: number
      incarnation?: number
    },
  ) {
    super(message, options && 'cause' in options ? { cause: options.cause } : undefined)
    this.code = code
    this.pointer = options?.pointer
    this.oldestRevision = options?.oldestRevision
    this.incarnation = options?.incarnation
  }
}

/** Distinguishes an anticipated failure from a bug. */
export function isRegistryError(error: unknown, code?: RegistryErrorCode): error is RegistryError {
  return error instanceof RegistryError && (code === undefined || error.code === code)
}
