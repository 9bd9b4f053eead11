import type { Token } from '@rollcall/protocol'
import { formatDuration, formatTime } from '../components/durations.ts'

interface TableProps {
  readonly tokens: readonly Token[]
  readonly nowMs: number
  readonly onRevoke: (token: Token) => void
}

/** The tokens, without their texts. */
export function TokenTable({ tokens, nowMs, onRevoke }: TableProps) {
  return (
    <table className="data-table">
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">Scope</th>
          <th scope="col">Changes</th>
          <th scope="col">Sees</th>
          <th scope="col">Expires</th>
          <th scope="col">Created</th>
          <th scope="col">
            <span className="visually-hidden">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
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
            <td data-name="Created">
              {formatTime(new Date(token.created_at), nowMs)}{' '}
              <span className="muted">by {token.created_by}</span>
            </td>
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
      </tbody>
    </table>
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
