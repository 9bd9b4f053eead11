import { SCOPES, type Scope, type Whoami } from '@rollcall/protocol'
import { useState } from 'react'
import { DialogForm } from '../components/dialog-form.tsx'
import { FormField } from '../components/form-field.tsx'
import { SameCommand } from '../components/same-command.tsx'
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
  const request = requestOf(form)
  const change = (changed: Partial<TokenForm>): void => setForm({ ...form, ...changed })
  const create = async (): Promise<void> => {
    const created = await session.tokens.create(request)
    if (isFirst) session.signIn(created.token)
    session.created.set(created)
  }
  return (
    <DialogForm title="Create a token" submit="Create" perform={create} onClose={onClose}>
      {isFirst && (
        <p className="notice">
          The registry has no access control yet. Its first token is for an operator. From then on,
          whoever changes something needs a token, agents included. This page uses the new one.
        </p>
      )}
      <FormField label="Name: who uses it">
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
      </FormField>
      <FormField label="Scope">
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
      </FormField>
      {form.scope === 'agent' && (
        <FormField label="Agents that it may change">
          {(id) => (
            <input
              id={id}
              spellCheck={false}
              placeholder="all; or team-a:*, reader-1"
              value={form.agents}
              onChange={({ target }) => change({ agents: target.value })}
            />
          )}
        </FormField>
      )}
      {form.scope !== 'admin' && (
        <FormField label="Agents that it sees">
          {(id) => (
            <input
              id={id}
              spellCheck={false}
              placeholder="all; or team-a:*"
              value={form.reads}
              onChange={({ target }) => change({ reads: target.value })}
            />
          )}
        </FormField>
      )}
      <FormField label="Expires after">
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
      </FormField>
      <SameCommand command={commandOf(session.registryUrl, request)} />
    </DialogForm>
  )
}
