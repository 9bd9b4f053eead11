import { formatDuration, formatTime } from '../components/durations.ts'
import type { Webhook } from '../registry/webhook-calls.ts'

/** The look of each state: that of a status that means as much. */
const LOOKS = { active: 'ready', failing: 'suspect', disabled: 'draining' } as const

/** How the deliveries of a webhook are going, and why not. */
export function WebhookState({ webhook, nowMs }: { webhook: Webhook; nowMs: number }) {
  const { state, last_error: error, failing_since: since } = webhook
  return (
    <>
      <span className={`status status-${LOOKS[state]}`}>
        <span className="status-mark" aria-hidden="true" />
        {state}
      </span>
      {error !== null && <p className="field-error">{error}</p>}
      {since !== null && (
        <p className="muted">
          since {formatTime(new Date(since), nowMs)}, for{' '}
          {formatDuration(nowMs - Date.parse(since))}
        </p>
      )}
    </>
  )
}
