import type { Health } from '@rollcall/protocol'
import { CreatedCell, DataTable } from '../components/data-table.tsx'
import { formatTime } from '../components/durations.ts'
import { WebLink } from '../components/web-link.tsx'
import type { Webhook } from '../registry/webhook-calls.ts'
import { filterWords } from './filter-words.ts'
import { TestWebhook } from './test-webhook.tsx'
import type { Change } from './webhook-change.tsx'
import { lagOf } from './webhook-lag.ts'
import { WebhookState } from './webhook-state.tsx'

interface TableProps {
  readonly webhooks: readonly Webhook[]
  readonly health: Health | undefined
  readonly nowMs: number
  readonly onChange: (change: Change) => void
}

/** The webhooks, without their secrets. */
export function WebhookTable({ webhooks, health, nowMs, onChange }: TableProps) {
  return (
    <DataTable columns={['URL', 'Agents', 'State', 'Last delivery', 'Created']}>
      {webhooks.map((webhook) => (
        <tr key={webhook.id}>
          <th scope="row">
            <WebLink url={webhook.url} />
            <p className="mono muted">{webhook.id}</p>
          </th>
          <td data-name="Agents">{filterWords(webhook.filter)}</td>
          <td data-name="State">
            <WebhookState webhook={webhook} nowMs={nowMs} />
          </td>
          <td data-name="Delivered">
            <p>{timeOf(webhook.last_delivery_at, nowMs)}</p>
            <Lag changes={lagOf(webhook.position, health)} />
          </td>
          <CreatedCell created={webhook} nowMs={nowMs} />
          <td>
            <Actions webhook={webhook} onChange={onChange} />
          </td>
        </tr>
      ))}
    </DataTable>
  )
}

function Actions({ webhook, onChange }: { webhook: Webhook } & Pick<TableProps, 'onChange'>) {
  const isDisabled = webhook.state === 'disabled'
  const which = `the webhook ${webhook.id} to ${webhook.url}`
  return (
    <div className="actions">
      <TestWebhook webhook={webhook} />
      <button
        type="button"
        className="button small"
        aria-label={`${isDisabled ? 'Enable' : 'Disable'} ${which}`}
        onClick={() => onChange({ action: isDisabled ? 'enable' : 'disable', webhook })}
      >
        {isDisabled ? 'Enable' : 'Disable'}
      </button>
      <button
        type="button"
        className="button small danger"
        aria-label={`Delete ${which}`}
        onClick={() => onChange({ action: 'delete', webhook })}
      >
        Delete
      </button>
    </div>
  )
}

/** How far behind the changes of the registry a webhook is. */
function Lag({ changes }: { changes: number | undefined }) {
  if (changes === undefined) return null
  if (changes === 0) return <p className="muted">up to date</p>
  return (
    <p className="muted number">
      {changes.toLocaleString('en')} {changes === 1 ? 'change' : 'changes'} behind
    </p>
  )
}

function timeOf(text: string | null, nowMs: number): string {
  return text === null ? 'none yet' : formatTime(new Date(text), nowMs)
}
