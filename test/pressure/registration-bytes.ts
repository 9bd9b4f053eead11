import type { Registration } from '@rollcall/protocol'
import { registration } from '../e2e/support/http-client.ts'
import { requestBytes } from './raw-client.ts'

/** Longer than any attack: its agents send no heartbeats. */
const TTL_SECONDS = 3600

/** Encodes the registration of an agent that does not lapse. */
export function registrationBytes(agentId: string, more: Partial<Registration> = {}): Buffer {
  const agent = registration(agentId, { ttl_seconds: TTL_SECONDS, ...more })
  return requestBytes('POST', '/agents/register', { body: JSON.stringify(agent) })
}
