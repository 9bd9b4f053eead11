import type { AgentSort } from '@rollcall/protocol'
import { isByDeadline } from './list-query.ts'

/** A column of the list. */
interface Column {
  readonly name: string
  readonly className: string
  /** Its orders: a click sorts by the first one, a second click by the next one. */
  readonly sorts?: readonly AgentSort[]
}

/** What the column of the lease shows: the time since the last heartbeat, or until the deadline. */
const HEARTBEAT: Column = {
  name: 'Heartbeat',
  className: 'cell-lease',
  sorts: ['last_heartbeat', '-last_heartbeat', 'expires_at'],
}
const DEADLINE: Column = {
  name: 'Deadline',
  className: 'cell-lease',
  sorts: ['expires_at', '-expires_at', 'last_heartbeat'],
}
const columnsFor = (sort: AgentSort): readonly Column[] => [
  { name: 'Status', className: 'cell-status' },
  { name: 'Agent', className: 'cell-agent', sorts: ['agent_id'] },
  { name: 'Endpoint', className: 'cell-endpoint' },
  { name: 'Capabilities', className: 'cell-capabilities' },
  isByDeadline(sort) ? DEADLINE : HEARTBEAT,
  { name: 'Load', className: 'cell-load', sorts: ['-load', 'load'] },
  { name: 'Version', className: 'cell-version' },
  { name: 'Protocol', className: 'cell-protocol' },
]

/** The names of the columns; those with an order sort the list. */
export function TableHead({
  sort,
  onChange,
}: {
  sort: AgentSort
  onChange: (sort: AgentSort) => void
}) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a table element cannot be virtualised
    <div className="table-head" role="rowgroup">
      {/* biome-ignore lint/a11y/useSemanticElements lint/a11y/useFocusableInteractive: as above */}
      <div className="row" role="row">
        {columnsFor(sort).map(({ name, className, sorts = [] }) => {
          const at = sorts.indexOf(sort)
          const next = sorts[(at + 1) % sorts.length]
          const isDown = sort.startsWith('-')
          return (
            // biome-ignore lint/a11y/useSemanticElements lint/a11y/useFocusableInteractive: as above
            <div
              key={name}
              role="columnheader"
              className={`cell ${className}`}
              {...(at !== -1 && { 'aria-sort': isDown ? 'descending' : 'ascending' })}
            >
              {next === undefined ? (
                name
              ) : (
                <button type="button" className="sort" onClick={() => onChange(next)}>
                  {name}
                  {at !== -1 && <SortIcon isDown={isDown} />}
                </button>
              )}
            </div>
          )
        })}
      </div>
    </div>
  )
}

/** Drawn, because not every font has the characters. */
function SortIcon({ isDown }: { isDown: boolean }) {
  return (
    <svg className="icon" viewBox="0 0 16 16" width="12" height="12" aria-hidden="true">
      <path d={isDown ? 'M8 3v10M4 9l4 4 4-4' : 'M8 13V3M4 7l4-4 4 4'} />
    </svg>
  )
}
