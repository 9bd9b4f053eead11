import type { FastifyBaseLogger } from 'fastify'
import type { JwtReporter } from '../access/jwt/open-jwt.ts'
import { FailureLog } from './failure-log.ts'

/** Logs what happens to the keys of the identity provider. */
export function jwtLog(logger: FastifyBaseLogger): JwtReporter {
  return {
    download: new FailureLog({ logger, subject: 'reading the keys of the identity provider' }),
    file: {
      reloaded: () => logger.info('the file of JWT keys has changed and was read again'),
      failed: (problem) =>
        logger.warn(
          { problem },
          'the file of JWT keys cannot be used as it is now: the keys that were read last remain in force',
        ),
    },
  }
}
