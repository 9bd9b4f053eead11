import { pause } from '../aborted.ts'
import type { Attack, AttackContext } from '../attack.ts'
import { registerCrowd } from '../crowd.ts'
import { openConnections, requestBytes, sendAll } from '../raw-client.ts'
import { registrationBytes } from '../registration-bytes.ts'

/** An agent with a long history. */
const LONG_HISTORY_AGENT = 'storied'
const CHANGES = 2000
/** Milliseconds until the clients disconnect. */
const DISCONNECT_AFTER_MS = 300

/**
 * Clients that send slow queries and disconnect. 600 of `GET /agents?q=zz` on 200 000 agents ran to
 * completion: no heartbeat got a response for 120 s. The same for every query that scans many
 * agents or a long history.
 */
export const ABANDONED_QUERIES: readonly Attack[] = [
  abandoned('abandoned-queries', '/agents?q=zz'),
  abandoned('abandoned-sorted-queries', '/agents?q=zz&sort=load&limit=10'),
  abandoned('abandoned-targets', '/sd/prometheus?q=zz'),
  abandoned('abandoned-history', '/events?since=0&q=zz&limit=1000'),
  abandoned('abandoned-agent-history', `/agents/${LONG_HISTORY_AGENT}/events?limit=1000`),
]

function abandoned(name: string, path: string): Attack {
  return {
    name,
    title: `\`GET ${path}\` on a large fleet, by clients that disconnect after ${DISCONNECT_AFTER_MS} ms`,
    stores: ['sqlite', 'postgres'],
    async prepare(context) {
      await registerCrowd(context, context.size.crowd)
      await sendAll(context.url, CHANGES, (index) =>
        registrationBytes(LONG_HISTORY_AGENT, { agent_name: `in chapter ${index}` }),
      )
    },
    attack: (context, signal) => abandonQueries(context, { path, signal }),
  }
}

async function abandonQueries(
  { url, size }: AttackContext,
  { path, signal }: { path: string; signal: AbortSignal },
): Promise<undefined> {
  const connections = await openConnections(url, size.abandonedQueries, signal)
  const bytes = requestBytes('GET', path)
  for (const { socket } of connections) socket.write(bytes)
  await pause(DISCONNECT_AFTER_MS, signal)
  for (const connection of connections) connection.close()
}
