/** The list of live agents; what follows a slash is an agent. */
export const AGENTS_URI = 'rollcall://agents'

/** What a URI names; undefined: nothing that there can be. */
export type ResourceName =
  | { readonly kind: 'agents' }
  | { readonly kind: 'agent' | 'card'; readonly agentId: string }

/** Returns what a URI names. */
export function resourceIn(uri: string): ResourceName | undefined {
  if (uri === AGENTS_URI) return { kind: 'agents' }
  const [, agentId, card] = /^rollcall:\/\/agents\/([^/]+)(\/card)?$/.exec(uri) ?? []
  if (agentId === undefined) return undefined
  return { kind: card === undefined ? 'agent' : 'card', agentId }
}
