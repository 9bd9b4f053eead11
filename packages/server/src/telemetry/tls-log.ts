import type { FastifyBaseLogger } from 'fastify'
import type { FileReporter } from '../access/followed-files.ts'

/** Logs what happens to the files of the certificate of the server. */
export function tlsLog(logger: FastifyBaseLogger): FileReporter<unknown> {
  return {
    reloaded: () => logger.info('the TLS files have changed and were read again'),
    failed: (problem) =>
      logger.warn(
        { problem },
        'the TLS files cannot be used as they are now: those that were read last remain in use',
      ),
  }
}
