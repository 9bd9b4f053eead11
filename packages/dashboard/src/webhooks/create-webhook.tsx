import { VIEW_STATUSES } from '@rollcall/protocol'
import { useState } from 'react'
import { DialogForm } from '../components/dialog-form.tsx'
import { FormField } from '../components/form-field.tsx'
import { SameCommand } from '../components/same-command.tsx'
import { useRegistry } from '../registry/registry-context.tsx'
import type { CreatedWebhook } from '../registry/webhook-calls.ts'
import { commandOf, requestOf, type WebhookForm } from './webhook-form.ts'

const EMPTY: WebhookForm = {
  ...{ url: '', ids: '', capabilities: '', tags: '', metadata: '', statuses: [] },
}

/** The conditions that are texts; each has to hold. */
const CONDITIONS = [
  ['ids', 'Ids: any of these', 'all; or team-a:*, reader-1'],
  ['capabilities', 'Capabilities: each of these', 'search, plan'],
  ['tags', 'Tags: each of these', 'papers'],
  ['metadata', 'Metadata: each of these', 'region:eu-1'],
] as const

interface CreateProps {
  readonly onCreated: (created: CreatedWebhook) => void
  readonly onClose: () => void
}

/** Asks where changes of which agents are sent, and creates the webhook. */
export function CreateWebhook({ onCreated, onClose }: CreateProps) {
  const { session } = useRegistry()
  const [form, setForm] = useState(EMPTY)
  const request = requestOf(form)
  const change = (changed: Partial<WebhookForm>): void => setForm({ ...form, ...changed })
  const create = async (): Promise<void> => onCreated(await session.webhooks.create(request))
  return (
    <DialogForm title="Create a webhook" submit="Create" perform={create} onClose={onClose}>
      <FormField label="URL: where changes are sent">
        {(id) => (
          <input
            id={id}
            // The registry examines it, and says what is wrong.
            inputMode="url"
            required
            autoComplete="off"
            spellCheck={false}
            placeholder="https://hooks.example/rollcall"
            value={form.url}
            onChange={({ target }) => change({ url: target.value })}
          />
        )}
      </FormField>
      <p className="muted">Changes of all agents are sent, or of those that fulfil conditions:</p>
      {CONDITIONS.map(([name, label, placeholder]) => (
        <FormField key={name} label={label}>
          {(id) => (
            <input
              id={id}
              autoComplete="off"
              spellCheck={false}
              placeholder={placeholder}
              value={form[name]}
              onChange={({ target }) => change({ [name]: target.value })}
            />
          )}
        </FormField>
      ))}
      <StatusChoice form={form} onChange={change} />
      <SameCommand command={commandOf(session.registryUrl, request)} />
    </DialogForm>
  )
}

interface StatusProps {
  readonly form: WebhookForm
  readonly onChange: (changed: Partial<WebhookForm>) => void
}

function StatusChoice({ form: { statuses }, onChange }: StatusProps) {
  return (
    <fieldset className="form-field">
      <legend>Status: any of these</legend>
      <div className="checks">
        {VIEW_STATUSES.map((status) => (
          <label key={status} className="check">
            <input
              type="checkbox"
              checked={statuses.includes(status)}
              onChange={({ target }) => {
                const others = statuses.filter((other) => other !== status)
                onChange({ statuses: target.checked ? [...others, status] : others })
              }}
            />
            {status}
          </label>
        ))}
      </div>
    </fieldset>
  )
}
