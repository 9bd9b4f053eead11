import { pause } from '../aborted.ts'
import type { Attack, AttackContext } from '../attack.ts'
import { registerCrowd } from '../crowd.ts'
import { openConnections, requestBytes, sendAll } from '../raw-client.ts'
import { registrationBytes } from '../registration-bytes.ts'

/** An agent to which a lot has happened. */
const STORIED = 'storied'
const STORIES = 2000
/** Milliseconds that the clients wait before they go away. */
const PATIENCE_MS = 300

/**
 * Clients that ask for something that takes long and go away. 600 of `GET /agents?q=zz` on 200 000 agents
 * ran to their end: no heartbeat was answered for 120 s. The same with everything that looks at many agents
 * or at much history.
 */
export const ABANDONED_QUERIES: readonly Attack[] = [
  abandoned('abandoned-queries', '/agents?q=zz'),
  abandoned('abandoned-sorted-queries', '/agents?q=zz&sort=load&limit=10'),
  abandoned('abandoned-targets', '/sd/prometheus?q=zz'),
  abandoned('abandoned-history', '/events?since=0&q=zz&limit=1000'),
  abandoned('abandoned-agent-history', `/agents/${STORIED}/events?limit=1000`),
]

function abandoned(name: string, path: string): Attack {
  return {
    name,
    title: `\`GET ${path}\` on a large fleet, by clients that go away after ${PATIENCE_MS} ms`,
    stores: ['sqlite', 'postgres'],
    async prepare(context) {
      await registerCrowd(context, context.size.crowd)
      await sendAll(context.url, STORIES, (index) =>
        registrationBytes(STORIED, { agent_name: `in chapter ${index}` }),
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
  await pause(PATIENCE_MS, signal)
  for (const connection of connections) connection.close()
}
