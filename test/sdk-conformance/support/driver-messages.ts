/** A command for the driver of an SDK. */
export interface DriverCommand {
  readonly id: number
  readonly do: string
  /** Options in the names of the wire; times are in seconds. */
  readonly with: Readonly<Record<string, unknown>>
}

/** An error of an SDK, without its class. */
export interface DriverError {
  readonly kind: 'api' | 'network' | 'timeout' | 'usage' | 'other'
  /** Only of `api`. */
  readonly code?: string
  readonly message: string
}

/** What a driver reports: the outcome of a command, or something that has happened. */
export interface DriverMessage {
  readonly id?: number
  readonly result?: unknown
  readonly error?: DriverError
  /** An event of an agent. */
  readonly event?: string
  readonly agent_id?: string | null
  readonly incarnation?: number | null
  /** The type of an event of a watch; `ended` with its error. */
  readonly watch?: string
  /** The ids in a live view after a change. */
  readonly view?: readonly string[]
}
