/** A request that has changed something, or was refused. Never contains a token. */
export interface AuditEntry {
  /** The operation, as in the OpenAPI document; of other routes, method and route. */
  readonly what: string
  /** The agent, or the pattern of agents. Absent: it is about none, or was refused before that was known. */
  readonly agent?: string | undefined
  /** The refused agents of a batch of heartbeats, at most {@link MAX_LISTED}. */
  readonly agents?: readonly string[] | undefined
  /** How many refused agents of a batch `agents` does not list. */
  readonly more?: number | undefined
  /** The id of the token that was created or revoked. */
  readonly token?: string | undefined
  /** The principal, or `anonymous`. Absent: the token or certificate is not valid, or was not examined before the refusal. */
  readonly who?: string | undefined
  /** The IP address of the caller; behind a proxy, that of the proxy. */
  readonly address?: string | undefined
  /** The id of the request, as in the response. */
  readonly request_id: string
  /** `ok`, or the code of the error. */
  readonly outcome: string
}

/** Most agents of a batch that one line lists. */
export const MAX_LISTED = 10

/** Where audit lines go. */
export interface AuditLog {
  /** Lines dropped because the target was blocked. */
  readonly dropped: number
  /** Opens the target. @throws Error that names it, if it cannot be written */
  open(): Promise<void>
  /** Adds a line. Never waits, and never throws. */
  write(entry: AuditEntry): void
  /** Writes what is waiting, if that is possible, and closes the target. */
  close(): Promise<void>
}
