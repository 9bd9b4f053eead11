import type { Token } from '@rollcall/protocol'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { OperatorPage } from '../access/operator-page.tsx'
import { useNow } from '../components/clock.ts'
import { ConfirmAction } from '../components/confirm-action.tsx'
import { useTokens, useWhoami } from '../registry/queries.ts'
import { useRegistry } from '../registry/registry-context.tsx'
import { CreateToken } from './create-token.tsx'
import { TokenTable } from './token-table.tsx'

/** Who may call the registry. */
export function TokensView() {
  const { session } = useRegistry()
  const queries = useQueryClient()
  const whoami = useWhoami()
  const { data: tokens, error } = useTokens(whoami?.scope === 'admin')
  const [isCreating, setIsCreating] = useState(false)
  const [revoked, setRevoked] = useState<Token>()
  const nowMs = useNow()
  const closeRevoked = (): void => {
    setRevoked(undefined)
    void queries.invalidateQueries({ queryKey: ['tokens'] })
  }
  return (
    <OperatorPage
      title="Tokens"
      create="Create a token"
      onCreate={tokens && (() => setIsCreating(true))}
      error={error}
    >
      {tokens?.length === 0 && (
        <section className="empty">
          <h2>No tokens</h2>
          <p className="muted">
            {whoami?.kind === 'anonymous'
              ? 'Whoever reaches the registry may do everything. The first token ends that.'
              : 'Callers are known by a token file, certificates or an identity provider.'}
          </p>
        </section>
      )}
      {tokens && tokens.length > 0 && (
        <TokenTable tokens={tokens} nowMs={nowMs} onRevoke={setRevoked} />
      )}
      {isCreating && whoami && <CreateToken whoami={whoami} onClose={() => setIsCreating(false)} />}
      {revoked && (
        <ConfirmAction
          title={`Revoke the token of ${revoked.name}?`}
          consequence="Whoever uses it is refused from now on, and its streams end. It cannot be brought back."
          confirm="Revoke"
          isDangerous
          commandFor={() => `rollcall token revoke ${revoked.id} --registry ${session.registryUrl}`}
          perform={() => session.tokens.revoke(revoked.id)}
          onClose={closeRevoked}
        />
      )}
    </OperatorPage>
  )
}
