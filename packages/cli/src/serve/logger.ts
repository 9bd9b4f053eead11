import { type Logger, pino } from 'pino'
import type { LogOutput } from './log-output.ts'

/** What log collectors understand by default: the name of the level, the time in ISO 8601. */
const FOR_MACHINES = {
  base: null,
  timestamp: pino.stdTimeFunctions.isoTime,
  formatters: { level: (level: string) => ({ level }) },
}

/** For people on a terminal, as JSON lines everywhere else. */
export async function createLogger(level: string, output: LogOutput): Promise<Logger> {
  const logger = process.stdout.isTTY
    ? await forPeople(level, output)
    : pino({ level, ...FOR_MACHINES }, output)
  output.onRecovered = (lines) => {
    logger.warn({ lines }, 'lines of the log were dropped: the output took no more')
  }
  return logger
}

async function forPeople(level: string, output: LogOutput): Promise<Logger> {
  const { prettyFactory } = await import('pino-pretty')
  const colorize = process.env.NO_COLOR === undefined
  const format = prettyFactory({ colorize, translateTime: 'SYS:HH:MM:ss', ignore: 'pid,hostname' })
  return pino({ level }, { write: (line: string) => output.write(format(line)) })
}
