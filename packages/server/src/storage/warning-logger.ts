/** Takes warnings for the operator. */
export interface WarningLogger {
  /** Writes one line; the details are for machines. */
  warn(details: object, message: string): void
}
