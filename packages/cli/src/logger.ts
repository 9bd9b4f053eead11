import { type Logger, pino } from 'pino'
import pretty from 'pino-pretty'

/** For people on a terminal, as JSON lines everywhere else. */
export function createLogger(level: string): Logger {
  if (!process.stdout.isTTY) return pino({ level, base: null })
  const colorize = process.env.NO_COLOR === undefined
  const stream = pretty({ colorize, translateTime: 'SYS:HH:MM:ss', ignore: 'pid,hostname' })
  return pino({ level }, stream)
}
