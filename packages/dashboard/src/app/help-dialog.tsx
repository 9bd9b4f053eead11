import { VIEW_STATUSES } from '@rollcall/protocol'
import { Dialog } from '../components/dialog.tsx'
import { STATUS_MEANINGS, StatusBadge } from '../components/status-badge.tsx'

const KEYS = [
  ['/', 'search'],
  ['↑ ↓ PgUp PgDn Home End', 'move in the list'],
  ['Enter', 'open the agent'],
  ['Esc', 'close, or leave the search'],
  ['1 2 3 4', 'Fleet, Agents, Events, Tokens'],
  ['?', 'this help'],
] as const

/** Keys, and what the statuses mean. */
export function HelpDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Help" onClose={onClose}>
      <h3>Keys</h3>
      <dl className="keys">
        {KEYS.map(([keys, meaning]) => (
          <div key={keys}>
            <dt>
              {keys.split(' ').map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
      <h3>Statuses</h3>
      <dl className="keys">
        {VIEW_STATUSES.map((status) => (
          <div key={status}>
            <dt>
              <StatusBadge status={status} />
            </dt>
            <dd>{STATUS_MEANINGS[status]}</dd>
          </div>
        ))}
      </dl>
      <p>
        <a href="./docs">HTTP API</a> · <a href="./metrics">Metrics</a>
      </p>
      <p className="dialog-actions">
        <button type="button" className="button" onClick={onClose}>
          Close
        </button>
      </p>
    </Dialog>
  )
}
