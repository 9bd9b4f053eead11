import { AgentId, Card, CardReceipt, CardVerification, LIMITS } from '@rollcall/protocol'
import { text } from '@rollcall/protocol/json-schema'
import { BODY_ERRORS } from './body-errors.ts'
import { CHANGE_ERRORS } from './change-errors.ts'
import type { Operation } from './operation.ts'
import { CHANGE_CONDITION } from './operation-parameters.ts'

const agentIdParam = { agent_id: AgentId }

const READ = {
  method: 'GET',
  tag: 'agents',
  scope: 'read',
  shows: 'agents',
  params: agentIdParam,
  errors: [
    'AGENT_NOT_FOUND',
    'CARD_NOT_FOUND',
    'VALIDATION_FAILED',
    'OVERLOADED',
    'STORAGE_UNAVAILABLE',
  ],
} as const

const READ_CARD = {
  ...READ,
  responseHeaders: {
    'Rollcall-Agent-Status': text({
      description: 'The status of the agent, as its record shows it.',
    }),
    'Last-Modified': text({ description: 'When the agent last changed visibly.' }),
  },
  response: Card,
  conditional: true,
} as const

/** The operations on the cards of agents. */
export const CARD_OPERATIONS = {
  getWellKnownCard: {
    ...READ_CARD,
    path: '/agents/{agent_id}/.well-known/agent-card.json',
    summary: 'Read the card of an agent where A2A clients look for it',
    description:
      '`…/agents/{agent_id}/` is the base URL of the agent for clients of A2A, with a slash at its end. The same as ' +
      '`GET /agents/{agent_id}/card`, except for clients that could not read that: one of A2A 1.0 (`A2A-Version: 1.0`) ' +
      'gets an unsigned 0.3 card as a 1.0 card; one of 0.3, which sends no such header, gets a 1.0 card whose agent ' +
      'speaks 0.3 as well with the members of a 0.3 card added.',
    requestHeaders: {
      'A2A-Version': text({
        maxLength: 16,
        description: 'The version of A2A that the client speaks. Default: 0.3.',
      }),
    },
  },
  verifyCard: {
    ...READ,
    path: '/agents/{agent_id}/card/signatures',
    summary: 'Verify the signatures of the card of an agent',
    description:
      'A signature is verified with the keys at the address in its header (`jku`), if that is of one of the origins in ' +
      '`--card-key-origins`; nothing else is fetched, and nothing at all when a card is set or read. Keys are read ' +
      'again after five minutes. That a signature is valid says who vouches for the card, not whether the agent is ' +
      'alive, or to be trusted.',
    response: CardVerification,
  },
  getCard: {
    ...READ_CARD,
    path: '/agents/{agent_id}/card',
    summary: 'Read the card of an agent, dead or alive',
    description:
      'The bytes that the agent sent, whatever they are, with a strong `ETag` of them. Pages of all origins may read cards.',
  },
  setCard: {
    method: 'PUT',
    path: '/agents/{agent_id}/card',
    tag: 'agents',
    scope: 'agent',
    shows: 'nothing',
    summary: 'Set the card of an agent',
    description:
      'The card alone changes: no other field of the agent, and not its lease. The response is sent once it is durable.',
    params: agentIdParam,
    requestHeaders: CHANGE_CONDITION,
    body: { schema: Card, required: true, maxBytes: LIMITS.cardBytes },
    response: CardReceipt,
    errors: [...BODY_ERRORS, ...CHANGE_ERRORS],
  },
  removeCard: {
    method: 'DELETE',
    path: '/agents/{agent_id}/card',
    tag: 'agents',
    scope: 'agent',
    shows: 'nothing',
    summary: 'Remove the card of an agent',
    description: 'Idempotent. The response is sent once the removal is durable.',
    params: agentIdParam,
    requestHeaders: CHANGE_CONDITION,
    response: CardReceipt,
    errors: CHANGE_ERRORS,
  },
} as const satisfies Readonly<Record<string, Operation>>
