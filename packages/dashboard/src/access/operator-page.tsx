import type { ReactNode } from 'react'
import { useWhoami } from '../registry/queries.ts'

interface PageProps {
  /** What the page lists: `Tokens`. */
  readonly title: string
  /** The text of the button that creates one. */
  readonly create: string
  /** Undefined: there is nothing that could be created. */
  readonly onCreate: (() => void) | undefined
  /** Why the list could not be read. */
  readonly error: Error | null
  readonly children: ReactNode
}

/** The frame of a page for operators; others see that it is not for them. */
export function OperatorPage({ title, create, onCreate, error, children }: PageProps) {
  const whoami = useWhoami()
  const isAdmin = whoami?.scope === 'admin'
  return (
    <main className="operator-page" id="content">
      <header className="section-head">
        <h1>{title}</h1>
        {isAdmin && onCreate && (
          <button type="button" className="button primary" onClick={onCreate}>
            {create}
          </button>
        )}
      </header>
      {whoami && !isAdmin && (
        <p className="notice">
          {title} are for operators: your own scope is {whoami.scope}.
        </p>
      )}
      {isAdmin && error !== null && (
        <p className="notice" role="alert">
          {error.message}
        </p>
      )}
      {isAdmin && children}
    </main>
  )
}
