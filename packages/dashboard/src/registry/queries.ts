import { type Agent, type AgentEvent, isApiError } from '@rollcall/client'
import type { Health, Token, Whoami } from '@rollcall/protocol'
import { type UseQueryResult, useQuery } from '@tanstack/react-query'
import { useRegistry } from './registry-context.tsx'
import type { Webhook } from './webhook-calls.ts'

/** Milliseconds between two reads of the health of the registry, by which a lost connection is noticed as well. */
const HEALTH_INTERVAL_MS = 2000
/** Milliseconds between two reads of the agent that is shown. */
const AGENT_INTERVAL_MS = 1000
/** Milliseconds between two reads of the tokens, which others may change. */
const TOKENS_INTERVAL_MS = 5000
/** What a registry responds that has no webhooks: they are turned off, or its store keeps none. */
const WITHOUT_WEBHOOKS = ['ROUTE_NOT_FOUND', 'WEBHOOKS_UNSUPPORTED']

export function useHealth(): UseQueryResult<Health> {
  const { client } = useRegistry().session
  return useQuery({
    queryKey: ['health'],
    queryFn: ({ signal }) => client.health({ signal }),
    refetchInterval: HEALTH_INTERVAL_MS,
  })
}

/** Returns who the user is; undefined until that is known, or if the registry does not say. */
export function useWhoami(): Whoami | undefined {
  const { client } = useRegistry().session
  return useQuery({
    queryKey: ['whoami'],
    queryFn: ({ signal }) => client.api.whoami({ signal }),
    refetchInterval: 30_000,
  }).data
}

/** Returns an agent; null: it is unknown. */
export function useAgent(agentId: string): UseQueryResult<Agent | null> {
  const { client } = useRegistry().session
  return useQuery({
    queryKey: ['agent', agentId],
    queryFn: async ({ signal }) => (await client.get(agentId, { signal })) ?? null,
    refetchInterval: AGENT_INTERVAL_MS,
  })
}

/**
 * Returns the changes of an agent, oldest first; null: nothing is known of it.
 *
 * @param revision of the agent: its history is read again when it changes
 */
export function useAgentHistory(
  agentId: string,
  revision: number | undefined,
): UseQueryResult<AgentEvent[] | null> {
  const { client } = useRegistry().session
  return useQuery({
    queryKey: ['history', agentId, revision],
    queryFn: async ({ signal }) =>
      (await client.history(agentId, { limit: 100 }, { signal })) ?? null,
    placeholderData: (before) => before,
  })
}

/**
 * Returns the card of an agent, byte for byte; null: it has none.
 *
 * @param revision of the agent: its card is read again when it changes
 */
export function useAgentCard(agentId: string, revision: number): UseQueryResult<string | null> {
  const { client } = useRegistry().session
  return useQuery({
    queryKey: ['card', agentId, revision],
    queryFn: async ({ signal }) => (await client.api.cards.text(agentId, { signal })) ?? null,
    placeholderData: (before) => before,
  })
}

/** Returns the tokens in the store of the registry, oldest first. */
export function useTokens(isAllowed: boolean): UseQueryResult<Token[]> {
  const { tokens } = useRegistry().session
  return useQuery({
    queryKey: ['tokens'],
    queryFn: ({ signal }) => tokens.list({ signal }),
    refetchInterval: TOKENS_INTERVAL_MS,
    enabled: isAllowed,
  })
}

/**
 * Returns the webhooks of the registry, oldest first; null: it has none to offer, and is not asked again.
 *
 * @param intervalMs between two reads
 */
export function useWebhooks(
  isAllowed: boolean,
  intervalMs: number,
): UseQueryResult<Webhook[] | null> {
  const { webhooks } = useRegistry().session
  return useQuery({
    queryKey: ['webhooks'],
    queryFn: ({ signal }) =>
      webhooks.list({ signal }).catch((error) => {
        if (WITHOUT_WEBHOOKS.some((code) => isApiError(error, code))) return null
        throw error
      }),
    refetchInterval: ({ state }) => (state.data === null ? false : intervalMs),
    enabled: isAllowed,
  })
}
