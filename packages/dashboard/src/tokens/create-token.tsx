import { SCOPES, type Scope, type Whoami } from '@rollcall/protocol'
import { type FormEvent, type ReactNode, useId, useState } from 'react'
import { Dialog } from '../components/dialog.tsx'
import { useRegistry } from '../registry/registry-context.tsx'
import { commandOf, LIFETIMES, requestOf, type TokenForm } from './token-form.ts'

const SCOPE_MEANINGS: Readonly<Record<Scope, string>> = {
  read: 'read: lists, events, metrics',
  agent: 'agent: also register, heartbeat, deregister',
  admin: 'admin: everything',
}

interface CreateProps {
  readonly whoami: Whoami
  readonly onClose: () => void
}

/** Asks for what a new token may do, and creates it. */
export function CreateToken({ whoami, onClose }: CreateProps) {
  const { session } = useRegistry()
  // Without access control, everybody is an admin without a name; the first token ends that.
  const isFirst = whoami.kind === 'anonymous'
  const [form, setForm] = useState<TokenForm>({
    ...{ name: '', agents: '', reads: '', lifetime: '90 days' },
    scope: isFirst ? 'admin' : 'read',
  })
  const [failure, setFailure] = useState<string>()
  const [isRunning, setIsRunning] = useState(false)
  const request = requestOf(form)
  const change = (changed: Partial<TokenForm>): void => setForm({ ...form, ...changed })
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    setIsRunning(true)
    try {
      const created = await session.tokens.create(request)
      if (isFirst) session.signIn(created.token)
      session.created.set(created)
      onClose()
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error))
      setIsRunning(false)
    }
  }
  return (
    <Dialog title="Create a token" onClose={onClose}>
      <form onSubmit={submit}>
        {isFirst && (
          <p className="notice">
            The registry has no access control yet. Its first token is for an operator. From then
            on, whoever changes something needs a token, agents included. This page uses the new
            one.
          </p>
        )}
        <Field label="Name: who uses it">
          {(id) => (
            <input
              id={id}
              required
              autoComplete="off"
              spellCheck={false}
              placeholder="ci"
              value={form.name}
              onChange={({ target }) => change({ name: target.value })}
            />
          )}
        </Field>
        <Field label="Scope">
          {(id) => (
            <select
              id={id}
              value={form.scope}
              onChange={({ target }) => change({ scope: target.value as Scope })}
            >
              {SCOPES.map((scope) => (
                <option key={scope} value={scope}>
                  {SCOPE_MEANINGS[scope]}
                </option>
              ))}
            </select>
          )}
        </Field>
        {form.scope === 'agent' && (
          <Field label="Agents that it may change">
            {(id) => (
              <input
                id={id}
                spellCheck={false}
                placeholder="all; or team-a:*, reader-1"
                value={form.agents}
                onChange={({ target }) => change({ agents: target.value })}
              />
            )}
          </Field>
        )}
        {form.scope !== 'admin' && (
          <Field label="Agents that it sees">
            {(id) => (
              <input
                id={id}
                spellCheck={false}
                placeholder="all; or team-a:*"
                value={form.reads}
                onChange={({ target }) => change({ reads: target.value })}
              />
            )}
          </Field>
        )}
        <Field label="Expires after">
          {(id) => (
            <select
              id={id}
              value={form.lifetime}
              onChange={({ target }) => change({ lifetime: target.value })}
            >
              {Object.keys(LIFETIMES).map((lifetime) => (
                <option key={lifetime}>{lifetime}</option>
              ))}
            </select>
          )}
        </Field>
        <details className="command">
          <summary>The same as a command</summary>
          <pre>{commandOf(session.registryUrl, request)}</pre>
        </details>
        {failure !== undefined && (
          <p className="field-error" role="alert">
            {failure}
          </p>
        )}
        <p className="dialog-actions">
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="button primary" disabled={isRunning}>
            Create
          </button>
        </p>
      </form>
    </Dialog>
  )
}

/** A label and its control. */
function Field(props: { label: string; children: (id: string) => ReactNode }) {
  const id = useId()
  return (
    <div className="form-field">
      <label htmlFor={id}>{props.label}</label>
      {props.children(id)}
    </div>
  )
}
