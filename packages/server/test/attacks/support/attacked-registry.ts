import { ManualClock } from '@rollcall/server/testing'
import { RawConnection } from '../../../../../test/http/support/raw-connection.ts'
import {
  type GuardedRegistry,
  guardedRegistry,
  TOKENS,
} from '../../access/support/guarded-registry.ts'

/** An agent that the token of the attacker, for `team-a:*`, does not cover. */
export const VICTIM = 'team-b:1'
/** An agent that it covers. */
export const OWN = 'team-a:1'

/** Longer than all attacks of a file together, by the clock of the test. */
const TTL_SECONDS = 86_400

/** A registry with access control, in which an attacker with the token {@link TOKENS}`.agent` tries to change a victim. */
export interface AttackedRegistry extends GuardedRegistry {
  /** Sends bytes on one connection; returns the status of each response until the registry closes it or is silent. */
  exchange(bytes: string, responses: number): Promise<number[]>
  /** Returns all that could have been changed about the victim, after a second in which a heartbeat would show. */
  victim(): Promise<unknown>
}

/** Starts the registry with both agents. */
export async function attackedRegistry(): Promise<AttackedRegistry> {
  const clock = new ManualClock()
  const registry = await guardedRegistry({ clock })
  const { repository, url } = registry
  // From here on, heartbeats with this token may take the fast path.
  await registry.send('GET', '/agents', { token: TOKENS.agent })
  for (const agentId of [VICTIM, OWN]) {
    const agent = { agentId, agentName: 'A', host: '10.0.0.7', port: 8000 }
    await repository.add({ ...agent, ttlSeconds: TTL_SECONDS })
  }
  return {
    ...registry,
    victim: async () => {
      clock.advance(1000)
      const record = await repository.get(VICTIM)
      // Jumps of the clock count as stalls, which extend every lease: only heartbeats are to be seen here.
      return record && { ...record, expiresAtMs: undefined }
    },
    exchange: async (bytes, responses) => {
      await using connection = await RawConnection.open(url)
      connection.send(Buffer.from(bytes, 'latin1'))
      const statuses: number[] = []
      while (statuses.length < responses && !connection.isClosed) {
        statuses.push((await connection.answer()).status)
      }
      return statuses
    },
  }
}

/** A request as it is sent, in HTTP/1.1. */
export function rawRequest(
  method: string,
  target: string,
  { token = TOKENS.agent, headers = [], json }: RawRequestOptions = {},
): string {
  const lines = [`${method} ${target} HTTP/1.1`, 'Host: localhost']
  if (token !== '') lines.push(`Authorization: Bearer ${token}`)
  lines.push(...headers)
  if (json !== undefined) {
    lines.push('Content-Type: application/json', `Content-Length: ${Buffer.byteLength(json)}`)
  }
  // The bytes of a text beyond ASCII; the connection sends each character as one byte.
  return `${lines.join('\r\n')}\r\n\r\n${Buffer.from(json ?? '').toString('latin1')}`
}

interface RawRequestOptions {
  /** Default: that of the attacker; empty for none. */
  readonly token?: string
  readonly headers?: readonly string[]
  readonly json?: string
}
