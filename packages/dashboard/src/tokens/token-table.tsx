import type { Token } from '@rollcall/protocol'
import { CreatedCell, DataTable } from '../components/data-table.tsx'
import { formatDuration } from '../components/durations.ts'

interface TableProps {
  readonly tokens: readonly Token[]
  readonly nowMs: number
  readonly onRevoke: (token: Token) => void
}

/** The tokens, without their texts. */
export function TokenTable({ tokens, nowMs, onRevoke }: TableProps) {
  return (
    <DataTable columns={['Name', 'Scope', 'Changes', 'Sees', 'Expires', 'Created']}>
      {tokens.map((token) => (
        <tr key={token.id}>
          <th scope="row">
            {token.name} <span className="mono muted">{token.id}</span>
          </th>
          <td data-name="Scope">{token.scope}</td>
          <td data-name="Changes">
            {token.scope === 'read' ? '–' : <Patterns list={token.agents} />}
          </td>
          <td data-name="Sees">
            <Patterns list={token.reads} />
          </td>
          <td data-name="Expires">
            <Expiry expiresAt={token.expires_at} nowMs={nowMs} />
          </td>
          <CreatedCell created={token} nowMs={nowMs} />
          <td>
            <button
              type="button"
              className="button small danger"
              aria-label={`Revoke the token ${token.id} of ${token.name}`}
              onClick={() => onRevoke(token)}
            >
              Revoke
            </button>
          </td>
        </tr>
      ))}
    </DataTable>
  )
}

function Expiry({ expiresAt, nowMs }: { expiresAt: string | null; nowMs: number }) {
  if (expiresAt === null) return 'never'
  const leftMs = Date.parse(expiresAt) - nowMs
  return leftMs <= 0 ? (
    <strong className="field-error">expired</strong>
  ) : (
    `in ${formatDuration(leftMs)}`
  )
}

function Patterns({ list }: { list: readonly string[] }) {
  return list.includes('*') ? 'all' : <span className="mono">{list.join(', ')}</span>
}
