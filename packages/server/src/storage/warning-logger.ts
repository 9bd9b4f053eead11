/** Receives warnings for the operator. */
export interface WarningLogger {
  /** Logs one message with structured details. */
  warn(details: object, message: string): void
}
