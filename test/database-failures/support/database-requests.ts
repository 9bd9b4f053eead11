import type { ProblemDetails } from '@rollcall/protocol'
import { type Answer, type HttpClient, registration } from '../../e2e/support/http-client.ts'

/** A request that needs the database and succeeds while the database is available. */
export interface DatabaseRequest {
  readonly name: string
  readonly send: (http: HttpClient) => Promise<Answer<Partial<ProblemDetails>>>
}

/** The agent that some of the requests address. */
const CALLED = 'called'

/** An agent that the requests may register; it does not lapse. */
export const CALLED_AGENT = registration(CALLED, { ttl_seconds: 3600, capabilities: ['called'] })

/** Every kind of request that queries the database. */
export const DATABASE_REQUESTS: readonly DatabaseRequest[] = [
  request('register', 'POST', '/agents/register', CALLED_AGENT),
  request('heartbeat', 'POST', `/agents/${CALLED}/heartbeat`),
  request('heartbeat with a load', 'POST', `/agents/${CALLED}/heartbeat`, { load: 0.5 }),
  request('heartbeats', 'POST', '/agents/heartbeats', { agent_ids: [CALLED] }),
  request('list', 'GET', '/agents'),
  request('query', 'GET', '/agents?capability=called&q=called&sort=-load&limit=5'),
  request('agent', 'GET', `/agents/${CALLED}`),
  request('events', 'GET', '/events?limit=5'),
  request('history', 'GET', `/agents/${CALLED}/events`),
  request('targets', 'GET', '/sd/prometheus'),
  request('cleanup', 'POST', '/agents/cleanup'),
  request('health', 'GET', '/health'),
  request('readiness', 'GET', '/health/ready'),
]

/** A request that succeeds whatever the state of the database. */
export const LIVENESS = request('liveness', 'GET', '/health/live')

function request(name: string, method: string, path: string, body?: unknown): DatabaseRequest {
  return { name, send: (http) => http.send(method, path, body) }
}
