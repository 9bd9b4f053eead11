import { type Logger, pino } from 'pino'
import type { LogOutput } from './log-output.ts'
import { printableLine } from './printable-line.ts'

/** The format that log collectors expect: level names, and times in ISO 8601. */
const JSON_OPTIONS = {
  base: null,
  timestamp: pino.stdTimeFunctions.isoTime,
  formatters: { level: (level: string) => ({ level }) },
}

/** Creates a logger: human-readable on a terminal, JSON lines otherwise. */
export async function createLogger(level: string, output: LogOutput): Promise<Logger> {
  const logger = process.stdout.isTTY
    ? await createPrettyLogger(level, output)
    : pino({ level, ...JSON_OPTIONS }, output)
  output.onRecovered = (lines) => {
    logger.warn({ lines }, 'log lines dropped: the output was blocked')
  }
  return logger
}

async function createPrettyLogger(level: string, output: LogOutput): Promise<Logger> {
  const { prettyFactory } = await import('pino-pretty')
  const colorize = process.env.NO_COLOR === undefined
  const format = prettyFactory({ colorize, translateTime: 'SYS:HH:MM:ss', ignore: 'pid,hostname' })
  return pino({ level }, { write: (line: string) => output.write(format(printableLine(line))) })
}
