import type { Registration } from '@rollcall/protocol'
import { registration } from '../e2e/support/http-client.ts'
import { requestBytes } from './raw-client.ts'

/** Longer than any attack: its agents are to stay without a heartbeat. */
const TTL_SECONDS = 3600

/** The bytes that register an agent which does not expire. */
export function registrationBytes(agentId: string, more: Partial<Registration> = {}): Buffer {
  const agent = registration(agentId, { ttl_seconds: TTL_SECONDS, ...more })
  return requestBytes('POST', '/agents/register', { body: JSON.stringify(agent) })
}
