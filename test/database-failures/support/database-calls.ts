import type { ProblemDetails } from '@rollcall/protocol'
import { type Answer, type HttpClient, registration } from '../../e2e/support/http-client.ts'

/** One call that needs the database, and what it is answered with while all is well. */
export interface DatabaseCall {
  readonly name: string
  readonly send: (http: HttpClient) => Promise<Answer<Partial<ProblemDetails>>>
}

/** The agent that some of the calls are about. */
const CALLED = 'called'

/** An agent that the calls may register, and that does not expire. */
export const CALLED_AGENT = registration(CALLED, { ttl_seconds: 3600, capabilities: ['called'] })

/** Every kind of call that asks the database something. */
export const DATABASE_CALLS: readonly DatabaseCall[] = [
  call('register', 'POST', '/agents/register', CALLED_AGENT),
  call('heartbeat', 'POST', `/agents/${CALLED}/heartbeat`),
  call('heartbeat with a load', 'POST', `/agents/${CALLED}/heartbeat`, { load: 0.5 }),
  call('heartbeats', 'POST', '/agents/heartbeats', { agent_ids: [CALLED] }),
  call('list', 'GET', '/agents'),
  call('query', 'GET', '/agents?capability=called&q=called&sort=-load&limit=5'),
  call('agent', 'GET', `/agents/${CALLED}`),
  call('events', 'GET', '/events?limit=5'),
  call('history', 'GET', `/agents/${CALLED}/events`),
  call('targets', 'GET', '/sd/prometheus'),
  call('cleanup', 'POST', '/agents/cleanup'),
  call('health', 'GET', '/health'),
  call('readiness', 'GET', '/health/ready'),
]

/** A call that is answered whatever the database does. */
export const LIVENESS = call('liveness', 'GET', '/health/live')

function call(name: string, method: string, path: string, body?: unknown): DatabaseCall {
  return { name, send: (http) => http.send(method, path, body) }
}
