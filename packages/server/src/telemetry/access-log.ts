import type { FastifyBaseLogger } from 'fastify'
import type { AccessReporter } from '../access/server-access.ts'
import { jwtLog } from './jwt-log.ts'
import { tokenFileLog } from './token-file-log.ts'

/** Logs what happens to the sources of identities. */
export function accessLog(logger: FastifyBaseLogger): AccessReporter {
  return { tokenFile: tokenFileLog(logger), jwt: jwtLog(logger) }
}
