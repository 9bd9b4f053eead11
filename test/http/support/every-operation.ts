import { OPERATIONS, type Operation, type OperationId } from '@rollcall/server'
import { operationPath } from './operation-path.ts'

/** So that its card can be read. */
const CARD = { name: 'A', url: 'http://10.0.0.7:8000' }

/** The body of a valid request, for the operations that need one. */
const BODIES: Readonly<Partial<Record<OperationId, (agentId: string) => object>>> = {
  registerAgent: (agent_id) => ({
    agent_id,
    agent_name: 'A',
    host: '10.0.0.7',
    port: 8000,
    protocol: 'mcp',
    card: CARD,
  }),
  setCard: () => CARD,
  heartbeats: (agent_id) => ({ agent_ids: [agent_id] }),
  mcp: () => ({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
  ardSearch: () => ({ query: { text: 'papers' } }),
  setMaintenance: () => ({ reason: 'replacing the disk' }),
  createToken: () => ({ name: 'operator', scope: 'admin' }),
  createWebhook: () => ({ url: 'https://hooks.example', enabled: false }),
  changeWebhook: () => ({ enabled: false }),
}

/** The id of a token, or a webhook, that does not exist; revoking it changes nothing. */
const UNKNOWN = '000000000000'

/** Operations that do not find what has {@link UNKNOWN} as its id. */
const OF_ONE_WEBHOOK = new Set<OperationId>(['getWebhook', 'changeWebhook', 'testWebhook'])

/** A request of an operation, without its `Host`. */
export interface OperationRequest {
  readonly operationId: OperationId
  readonly operation: Operation
  /** The status of its response: 404 if it is about a webhook, of which there is none. */
  readonly status: 200 | 404
  /** Returns the request to send, with these lines as first headers. */
  readonly withHeaders: (...lines: string[]) => string
}

/** Returns a valid request of every operation, about one agent. */
export function everyOperation(agentId: string): OperationRequest[] {
  const entries = Object.entries(OPERATIONS) as [OperationId, Operation][]
  return entries.map(([operationId, operation]) => {
    const path = operationPath(operation.path, agentId, UNKNOWN)
    const body = BODIES[operationId]?.(agentId)
    const content = body === undefined ? '' : JSON.stringify(body)
    const framing =
      body === undefined
        ? []
        : ['Content-Type: application/json', `Content-Length: ${content.length}`]
    const withHeaders = (...lines: string[]) =>
      [`${operation.method} ${path} HTTP/1.1`, ...lines, ...framing, '', content].join('\r\n')
    const status = OF_ONE_WEBHOOK.has(operationId) ? 404 : 200
    return { operationId, operation, status, withHeaders }
  })
}
