import {
  AgentIdPattern,
  CreatedToken,
  EndedMaintenance,
  LIMITS,
  MaintenanceEntry,
  MaintenanceRequest,
  RevokedToken,
  Token,
  TokenId,
  TokenRequest,
  Whoami,
} from '@rollcall/protocol'
import { list } from '@rollcall/protocol/json-schema'
import { BODY_ERRORS } from './body-errors.ts'
import type { Operation } from './operation.ts'

const maintenanceParam = { agent_id: AgentIdPattern }

/** The operations by which operators decide about agents and callers. */
export const OPERATOR_OPERATIONS = {
  setMaintenance: {
    method: 'PUT',
    path: '/agents/{agent_id}/maintenance',
    tag: 'maintenance',
    scope: 'admin',
    shows: 'nothing',
    summary: 'Put agents into maintenance',
    description:
      'What an operator decides, in place of what the agent reports: it is shown as `draining`, and takes no ' +
      'work. With the beginning of ids and a `*` (`team-a:*`), all such agents are, also those that register ' +
      'later. It outlives registrations, expiry, deregistration and restarts. Setting it again replaces the ' +
      'reason. The entry of an id comes before those of its beginnings, and a longer one before a shorter ' +
      'one. The response is sent once all agents show it; after a timeout, send it again.',
    params: maintenanceParam,
    body: { schema: MaintenanceRequest, required: true, maxBytes: LIMITS.bodyBytes },
    response: MaintenanceEntry,
    errors: [...BODY_ERRORS, 'VALIDATION_FAILED', 'STORAGE_UNAVAILABLE', 'OUTCOME_UNKNOWN'],
  },
  listMaintenance: {
    method: 'GET',
    path: '/maintenance',
    tag: 'maintenance',
    scope: 'read',
    shows: 'agents',
    summary: 'List what is in maintenance',
    description: 'Lists the entries that operators have set, sorted by pattern.',
    response: list(MaintenanceEntry),
    errors: ['STORAGE_UNAVAILABLE'],
  },
  endMaintenance: {
    method: 'DELETE',
    path: '/agents/{agent_id}/maintenance',
    tag: 'maintenance',
    scope: 'admin',
    shows: 'nothing',
    summary: 'End the maintenance of agents',
    description:
      'Removes the entry that was set for exactly this id or beginning of ids; others remain in force, and ' +
      '`remaining` is the one that then applies. Idempotent.',
    params: maintenanceParam,
    response: EndedMaintenance,
    errors: ['VALIDATION_FAILED', 'OVERLOADED', 'STORAGE_UNAVAILABLE', 'OUTCOME_UNKNOWN'],
  },
  createToken: {
    method: 'POST',
    path: '/tokens',
    tag: 'tokens',
    scope: 'admin',
    shows: 'nothing',
    summary: 'Create a token',
    description:
      'Its text is in the response, and nowhere else: the registry stores only a hash of it. From the first ' +
      'token on, the registry has access control; so the first one must have the scope `admin`. The response ' +
      'is sent once the token is durable and in force on this node; other nodes accept it at once, too.',
    body: { schema: TokenRequest, required: true, maxBytes: LIMITS.bodyBytes },
    response: CreatedToken,
    errors: [
      ...BODY_ERRORS,
      'VALIDATION_FAILED',
      'TOKENS_UNSUPPORTED',
      'STORAGE_UNAVAILABLE',
      'OUTCOME_UNKNOWN',
    ],
  },
  listTokens: {
    method: 'GET',
    path: '/tokens',
    tag: 'tokens',
    scope: 'admin',
    shows: 'nothing',
    summary: 'List tokens',
    description: 'Lists the tokens in the store, oldest first, expired ones included.',
    response: list(Token),
    errors: ['TOKENS_UNSUPPORTED', 'STORAGE_UNAVAILABLE'],
  },
  revokeToken: {
    method: 'DELETE',
    path: '/tokens/{token_id}',
    tag: 'tokens',
    scope: 'admin',
    shows: 'nothing',
    summary: 'Revoke a token',
    description:
      'It is refused at once on this node, and within a second on the others; streams that were opened with ' +
      'it end within a second. Idempotent.',
    params: { token_id: TokenId },
    response: RevokedToken,
    errors: [
      'VALIDATION_FAILED',
      'TOKENS_UNSUPPORTED',
      'OVERLOADED',
      'STORAGE_UNAVAILABLE',
      'OUTCOME_UNKNOWN',
    ],
  },
  whoami: {
    method: 'GET',
    path: '/whoami',
    tag: 'tokens',
    scope: 'read',
    shows: 'nothing',
    summary: 'Read who calls',
    description:
      'For tools that offer only what their user may do. The registry decides about each request anew.',
    response: Whoami,
    errors: [],
  },
} as const satisfies Readonly<Record<string, Operation>>
