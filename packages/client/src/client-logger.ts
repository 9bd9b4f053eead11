/** What the client writes its log to: `console` fits, and so do pino and winston. */
export interface ClientLogger {
  /** Details that only help to find a fault. */
  debug(message: string): void
  /** What went wrong, and that it is right again; the client goes on. */
  warn(message: string): void
}

/** Warnings for the operator: an unreachable registry is rarely what was meant. */
const consoleLogger: ClientLogger = {
  debug: () => undefined,
  warn: (message) => console.warn(`rollcall: ${message}`),
}

const silence: ClientLogger = { debug: () => undefined, warn: () => undefined }

/** The logger that was given; null: none. */
export function resolveLogger(given: ClientLogger | null | undefined): ClientLogger {
  if (given === undefined) return consoleLogger
  return given ?? silence
}
