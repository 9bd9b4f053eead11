import { useSyncExternalStore } from 'react'

/** The pages. */
export const VIEWS = ['fleet', 'agents', 'events', 'tokens', 'webhooks'] as const
export type View = (typeof VIEWS)[number]

export const VIEW_NAMES: Readonly<Record<View, string>> = {
  fleet: 'Fleet',
  agents: 'Agents',
  events: 'Events',
  tokens: 'Tokens',
  webhooks: 'Webhooks',
}

/** What the fragment of the URL says: `#/agents/worker-1?status=busy`. */
export interface Location {
  readonly view: View
  /** The agent that is shown. */
  readonly agentId: string | undefined
  readonly params: URLSearchParams
}

/** Reads a fragment; what makes no sense is the first page. */
export function parseLocation(hash: string): Location {
  const [path = '', query = ''] = hash.replace(/^#?\/?/, '').split('?', 2)
  const [first = '', second] = path.split('/')
  const view = VIEWS.find((name) => name === first) ?? 'fleet'
  const agentId = view === 'agents' && second ? decode(second) : undefined
  return { view, agentId, params: new URLSearchParams(query) }
}

/** Writes a fragment that {@link parseLocation} reads. */
export function hrefOf(
  view: View,
  params: URLSearchParams | Readonly<Record<string, string>> = {},
  agentId?: string,
): string {
  const query = new URLSearchParams(params).toString()
  const path = view === 'fleet' ? '' : view
  const agent = agentId === undefined ? '' : `/${encodeURIComponent(agentId)}`
  return `#/${path}${agent}${query && `?${query}`}`
}

/**
 * Shows another place.
 *
 * @param options.replace instead of the entry in the browser's history, as while typing
 */
export function navigate(href: string, options: { replace?: boolean } = {}): void {
  if (!options.replace) {
    window.location.hash = href
    return
  }
  window.history.replaceState(null, '', href)
  window.dispatchEvent(new HashChangeEvent('hashchange'))
}

/** Returns where the user is. */
export function useLocation(): Location {
  const hash = useSyncExternalStore(subscribe, () => window.location.hash)
  return parseLocation(hash)
}

function subscribe(listener: () => void): () => void {
  window.addEventListener('hashchange', listener)
  return () => window.removeEventListener('hashchange', listener)
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
