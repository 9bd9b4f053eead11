import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useId, useState } from 'react'
import { useRegistry } from '../registry/registry-context.tsx'
import { useValue } from '../registry/value-store.ts'

/** Asks for a token, in place of everything else. */
export function TokenPrompt() {
  const { session } = useRegistry()
  const queries = useQueryClient()
  const access = useValue(session.access)
  const [token, setToken] = useState('')
  const inputId = useId()
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (token.trim() === '') return
    session.signIn(token.trim())
    void queries.resetQueries()
  }
  return (
    <main className="prompt" id="content">
      <form className="panel prompt-panel" onSubmit={submit}>
        <h1>{access === 'offered' ? 'Use a token' : 'This registry asks who you are'}</h1>
        <p>
          Paste a token with the scope <code>read</code> or more. It stays in this tab, and is
          forgotten when you close it.
        </p>
        <label htmlFor={inputId}>Token</label>
        <input
          id={inputId}
          type="password"
          autoComplete="off"
          spellCheck={false}
          // The only thing that can be done on this page.
          // biome-ignore lint/a11y/noAutofocus: nothing comes before it
          autoFocus
          value={token}
          onChange={({ target }) => setToken(target.value)}
          placeholder="rct_…"
        />
        {access === 'refused' && (
          <p className="field-error" role="alert">
            The registry does not accept this token: it is unknown, revoked or expired.
          </p>
        )}
        <button type="submit" className="button primary">
          Continue
        </button>
        {access === 'offered' && (
          <button type="button" className="button" onClick={() => session.access.set('accepted')}>
            Go on without one
          </button>
        )}
        <p className="muted">
          An operator creates one with <code>rollcall token create --name you --scope read</code>
        </p>
      </form>
    </main>
  )
}
