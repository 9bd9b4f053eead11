import { ERROR_CODES } from '@rollcall/protocol'
import type { EarlyRefusal } from '../requests/early-refusals.ts'
import type { LoadClass } from './load-class.ts'

const REFUSED: Readonly<Record<LoadClass, string>> = {
  read: 'reads',
  change: 'registrations',
  heartbeat: 'heartbeats and deregistrations',
}

/** Seconds within which refused clients come back, at random: otherwise all would at the same moment. */
const RETRY_SECONDS: Readonly<Record<LoadClass, number>> = { read: 4, change: 4, heartbeat: 1 }

/** Returns how a request of a class is refused while the registry is overloaded. */
export function overloadRefusal(loadClass: LoadClass): EarlyRefusal {
  return {
    code: 'OVERLOADED',
    detail:
      `The registry is overloaded and refuses a share of the ${REFUSED[loadClass]}. ` +
      ERROR_CODES.OVERLOADED.remedy,
    retryAfterSeconds: 1 + Math.floor(Math.random() * RETRY_SECONDS[loadClass]),
  }
}
