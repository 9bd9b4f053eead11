import { type Logger, pino } from 'pino'

/** For people on a terminal, as JSON lines everywhere else. */
export async function createLogger(level: string): Promise<Logger> {
  if (!process.stdout.isTTY) return pino({ level, base: null })
  const { default: pretty } = await import('pino-pretty')
  const colorize = process.env.NO_COLOR === undefined
  const stream = pretty({ colorize, translateTime: 'SYS:HH:MM:ss', ignore: 'pid,hostname' })
  return pino({ level }, stream)
}
