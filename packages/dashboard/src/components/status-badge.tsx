import type { ViewStatus } from '@rollcall/protocol'

/** What each status means, for those who see it for the first time. */
export const STATUS_MEANINGS: Readonly<Record<ViewStatus, string>> = {
  ready: 'takes work',
  busy: 'alive, but takes no work now',
  draining: 'takes no new work: it says so, or an operator does',
  suspect: 'silent, as most of the fleet; its expiry is held back',
  expired: 'its lease has lapsed',
}

/** A status in words, with a shape and a colour of its own. */
export function StatusBadge({ status }: { status: ViewStatus }) {
  return (
    <span className={`status status-${status}`} title={STATUS_MEANINGS[status]}>
      <span className="status-mark" aria-hidden="true" />
      {status}
    </span>
  )
}
