import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { OperatorPage } from '../access/operator-page.tsx'
import { useNow } from '../components/clock.ts'
import { SecretDialog } from '../components/secret-dialog.tsx'
import { useHealth, useWebhooks, useWhoami } from '../registry/queries.ts'
import type { CreatedWebhook } from '../registry/webhook-calls.ts'
import { CreateWebhook } from './create-webhook.tsx'
import { type Change, WebhookChange } from './webhook-change.tsx'
import { WebhookTable } from './webhook-table.tsx'

/** Milliseconds between two reads of the webhooks, whose deliveries go on. */
const INTERVAL_MS = 2000

/** Where the registry sends changes, and whether they arrive. */
export function WebhooksView() {
  const queries = useQueryClient()
  const isAdmin = useWhoami()?.scope === 'admin'
  const { data: webhooks, error } = useWebhooks(isAdmin, INTERVAL_MS)
  const { data: health } = useHealth()
  const [isCreating, setIsCreating] = useState(false)
  const [created, setCreated] = useState<CreatedWebhook>()
  const [change, setChange] = useState<Change>()
  const nowMs = useNow()
  const refresh = () => void queries.invalidateQueries({ queryKey: ['webhooks'] })
  const closeCreated = (): void => {
    setCreated(undefined)
    refresh()
  }
  const closeChange = (): void => {
    setChange(undefined)
    refresh()
  }
  return (
    <OperatorPage
      title="Webhooks"
      create="Create a webhook"
      onCreate={webhooks ? () => setIsCreating(true) : undefined}
      error={error}
    >
      {webhooks === null && (
        <p className="notice">
          This registry has no webhooks: they are turned off, or its store keeps none.
        </p>
      )}
      {webhooks?.length === 0 && (
        <section className="empty">
          <h2>No webhooks</h2>
          <p className="muted">
            A webhook sends each change of the agents that it selects to a URL, signed and in order.
          </p>
        </section>
      )}
      {webhooks && webhooks.length > 0 && (
        <WebhookTable webhooks={webhooks} health={health} nowMs={nowMs} onChange={setChange} />
      )}
      {isCreating && <CreateWebhook onCreated={setCreated} onClose={() => setIsCreating(false)} />}
      {created && (
        <SecretDialog
          title={`The secret of the webhook to ${created.url}`}
          secret={created.secret}
          copy="Copy secret"
          onClose={closeCreated}
        >
          Copy it now: it is not shown again. The receiver verifies with it that an event is from
          this registry.
        </SecretDialog>
      )}
      {change && <WebhookChange change={change} onClose={closeChange} />}
    </OperatorPage>
  )
}
