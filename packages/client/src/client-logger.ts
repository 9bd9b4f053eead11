/** The log output of the client. `console`, pino and winston loggers implement it. */
export interface ClientLogger {
  /** Logs details for troubleshooting. */
  debug(message: string): void
  /** Logs a failure or a recovery; the client keeps running. */
  warn(message: string): void
}

/** Logs warnings by default: an unreachable registry is rarely intended. */
const consoleLogger: ClientLogger = {
  debug: () => undefined,
  warn: (message) => console.warn(`rollcall: ${message}`),
}

const silentLogger: ClientLogger = { debug: () => undefined, warn: () => undefined }

/** Resolves the `logger` option: null disables logging, undefined selects the console. */
export function resolveLogger(given: ClientLogger | null | undefined): ClientLogger {
  if (given === undefined) return consoleLogger
  return given ?? silentLogger
}
