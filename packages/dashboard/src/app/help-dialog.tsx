import { VIEW_STATUSES } from '@rollcall/protocol'
import { Dialog } from '../components/dialog.tsx'
import { STATUS_MEANINGS, StatusBadge } from '../components/status-badge.tsx'
import { useWhoami } from '../registry/queries.ts'
import { VIEW_NAMES, VIEWS } from './location.ts'
import { useOfferedViews } from './offered-views.ts'

const KEYS: readonly (readonly [keys: string, meaning: string])[] = [
  ['/', 'search'],
  ['Up Down PgUp PgDn Home End', 'move in the list'],
  ['Enter', 'open the agent'],
  ['Esc', 'close, or leave the search'],
  ['?', 'this help'],
]

/** Keys, and what the statuses mean. */
export function HelpDialog({ onClose }: { onClose: () => void }) {
  const views = useOfferedViews()
  // The browser opens a link without the token of the page.
  const isPublic = useWhoami()?.kind === 'anonymous'
  const numbers = views.map((view) => VIEWS.indexOf(view) + 1).join(' ')
  const names = views.map((view) => VIEW_NAMES[view]).join(', ')
  return (
    <Dialog title="Help" onClose={onClose}>
      <h3>Keys</h3>
      <dl className="keys">
        {[[numbers, names] as const, ...KEYS].map(([keys, meaning]) => (
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
      <p className="dialog-actions">
        {isPublic && (
          <span className="help-links">
            <a href="./docs">HTTP API</a> · <a href="./metrics">Metrics</a>
          </span>
        )}
        <button type="button" className="button" data-focus onClick={onClose}>
          Close
        </button>
      </p>
    </Dialog>
  )
}
