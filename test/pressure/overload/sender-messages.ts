/** Options of a process that sends mixed requests. */
export interface SenderOptions {
  readonly url: string
  /** Requests a second, whatever becomes of them; undefined: the next ones follow the responses. */
  readonly requestsPerSecond?: number
  /** Each carries one write at a time, as the registry allows; what is due while none is free is held back. */
  readonly connections: number
  /** Connections that open one stream after the other. */
  readonly streams: number
  readonly milliseconds: number
}

/** What a sender has done. */
export interface SenderReport {
  /** Requests that were due; those that follow responses are due when they are sent. */
  readonly due: number
  readonly sent: number
  readonly responses: number
  /** Responses 429 and 503. */
  readonly refused: number
  /** Connections that the registry has closed. */
  readonly closed: number
  /** Streams that were opened, or refused. */
  readonly streams: number
  readonly seconds: number
}
