import { type Logger, pino } from 'pino'

/** What log collectors understand without being told: the name of the level, the time in ISO 8601. */
const FOR_MACHINES = {
  base: null,
  timestamp: pino.stdTimeFunctions.isoTime,
  formatters: { level: (level: string) => ({ level }) },
}

/** For people on a terminal, as JSON lines everywhere else. */
export async function createLogger(level: string): Promise<Logger> {
  if (!process.stdout.isTTY) return pino({ level, ...FOR_MACHINES })
  const { default: pretty } = await import('pino-pretty')
  const colorize = process.env.NO_COLOR === undefined
  const stream = pretty({ colorize, translateTime: 'SYS:HH:MM:ss', ignore: 'pid,hostname' })
  return pino({ level }, stream)
}
