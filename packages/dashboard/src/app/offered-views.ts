import { useWebhooks, useWhoami } from '../registry/queries.ts'
import { VIEWS, type View } from './location.ts'

/** Milliseconds between two reads by which the page knows whether the registry has webhooks. */
const INTERVAL_MS = 30_000

/** Returns the pages to which the user gets links. The registry decides again about each request. */
export function useOfferedViews(): readonly View[] {
  const isAdmin = useWhoami()?.scope === 'admin'
  const { data: webhooks } = useWebhooks(isAdmin, INTERVAL_MS)
  // What was read as an admin is still there when the user has become another.
  const hasWebhooks = isAdmin && Array.isArray(webhooks)
  return VIEWS.filter(
    (view) => (view !== 'tokens' || isAdmin) && (view !== 'webhooks' || hasWebhooks),
  )
}
