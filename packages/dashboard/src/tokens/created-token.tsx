import { useQueryClient } from '@tanstack/react-query'
import { CopyButton } from '../components/copy-button.tsx'
import { Dialog } from '../components/dialog.tsx'
import { useRegistry } from '../registry/registry-context.tsx'
import { useValue } from '../registry/value-store.ts'

/** Shows the text of a new token, once. It is above every page: the first token changes what the page may show. */
export function CreatedTokenDialog() {
  const { session } = useRegistry()
  const queries = useQueryClient()
  const created = useValue(session.created)
  if (created === undefined) return null
  const close = (): void => {
    session.created.set(undefined)
    void queries.invalidateQueries()
  }
  return (
    <Dialog title={`The token of ${created.name}`} onClose={close}>
      <p>
        Copy it now: it is not shown again, because the registry keeps only a hash of it. Whoever
        has it may do what it allows.
      </p>
      <pre className="secret">{created.token}</pre>
      <p className="dialog-actions">
        <CopyButton text={created.token} label="Copy token" />
        <button type="button" className="button" onClick={close}>
          Done
        </button>
      </p>
    </Dialog>
  )
}
