import { useQueryClient } from '@tanstack/react-query'
import { SecretDialog } from '../components/secret-dialog.tsx'
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
    <SecretDialog
      title={`The token of ${created.name}`}
      secret={created.token}
      copy="Copy token"
      onClose={close}
    >
      Copy it now: it is not shown again, because the registry keeps only a hash of it. Whoever has
      it may do what it allows.
    </SecretDialog>
  )
}
