import type { FastifyBaseLogger } from 'fastify'
import type { TokenFileReporter } from '../access/token-file.ts'

/** Logs what happens to the token file. */
export function tokenFileLog(logger: FastifyBaseLogger): TokenFileReporter {
  return {
    reloaded: (tokens) => logger.info({ tokens }, 'the token file has changed and was read again'),
    failed: (problem) =>
      logger.warn(
        { problem },
        'the token file cannot be used as it is now: the tokens that were read last remain in force',
      ),
  }
}
