import { VIEW_STATUSES, type ViewStatus } from '@rollcall/protocol'
import { isSearch, type ListQuery } from './list-query.ts'

/** Agents by status, in the whole registry. */
export type StatusCounts = Readonly<Record<ViewStatus, number>>

/** Returns how many agents a list has, if that is known without reading it: nothing but statuses is asked for. */
export function knownCount(query: ListQuery, counts: StatusCounts | undefined): number | undefined {
  if (counts === undefined || isSearch(query)) return undefined
  const { statuses, includeDead } = query
  const isListed = (status: ViewStatus): boolean =>
    statuses.length > 0 ? statuses.includes(status) : includeDead || status !== 'expired'
  return VIEW_STATUSES.filter(isListed).reduce((sum, status) => sum + counts[status], 0)
}
