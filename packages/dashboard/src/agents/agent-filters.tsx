import { AGENT_SORTS, VIEW_STATUSES, type ViewStatus } from '@rollcall/protocol'
import { useId, useState } from 'react'
import { TypedText } from '../components/typed-text.tsx'
import { listIn } from '../components/word-list.ts'
import { useRegistry } from '../registry/registry-context.tsx'
import { useValue } from '../registry/value-store.ts'
import { isSearch, type ListQuery } from './list-query.ts'

const SORT_NAMES: Readonly<Record<(typeof AGENT_SORTS)[number], string>> = {
  agent_id: 'id',
  last_heartbeat: 'oldest heartbeat',
  '-last_heartbeat': 'newest heartbeat',
  registered_at: 'registered first',
  '-registered_at': 'registered last',
  expires_at: 'nearest deadline',
  '-expires_at': 'farthest deadline',
  load: 'lowest load',
  '-load': 'highest load',
}

interface FiltersProps {
  readonly query: ListQuery
  readonly onChange: (change: Partial<ListQuery>) => void
}

/** Search, filters and order of the list. */
export function AgentFilters({ query, onChange }: FiltersProps) {
  const sortId = useId()
  const { prefix, capabilities, tags, protocol } = query
  const used = [prefix, capabilities.join(), tags.join(), protocol].filter((text) => text !== '')
  const [isOpen, setIsOpen] = useState(used.length > 0)
  return (
    <search className="filters">
      <TypedText
        className="search"
        label="Search"
        placeholder="Search agents"
        hint="/"
        value={query.q}
        onChange={(q) => onChange({ q })}
      />
      <StatusChips query={query} onChange={onChange} />
      <div className={isOpen ? 'filter-row open' : 'filter-row'}>
        <button
          type="button"
          className="button filter-toggle"
          aria-expanded={isOpen}
          onClick={() => setIsOpen(!isOpen)}
        >
          Filters{used.length > 0 && ` (${used.length})`}
        </button>
        <TypedText
          label="Id begins with"
          placeholder="id prefix"
          value={query.prefix}
          onChange={(prefix) => onChange({ prefix })}
        />
        <TypedText
          label="Capability"
          placeholder="capability"
          value={query.capabilities.join(', ')}
          onChange={(text) => onChange({ capabilities: listIn(text) })}
        />
        <TypedText
          label="Tag"
          placeholder="tag"
          value={query.tags.join(', ')}
          onChange={(text) => onChange({ tags: listIn(text) })}
        />
        <TypedText
          label="Protocol"
          placeholder="protocol"
          value={query.protocol}
          onChange={(protocol) => onChange({ protocol })}
        />
        <div className="field order">
          <label className="visually-hidden" htmlFor={sortId}>
            Order
          </label>
          <select
            id={sortId}
            value={query.sort}
            onChange={({ target }) => onChange({ sort: target.value as ListQuery['sort'] })}
          >
            {AGENT_SORTS.map((sort) => (
              <option key={sort} value={sort}>
                by {SORT_NAMES[sort]}
              </option>
            ))}
          </select>
        </div>
      </div>
    </search>
  )
}

function StatusChips({ query, onChange }: FiltersProps) {
  const { samples } = useValue(useRegistry().pulse.pulse)
  // Of a search, the registry does not know how many agents have which status.
  const counts = isSearch(query) ? undefined : samples.at(-1)?.agents
  const toggle = (status: ViewStatus): void => {
    const isOn = query.statuses.includes(status)
    const others = query.statuses.filter((other) => other !== status)
    onChange({ statuses: isOn ? others : [...others, status] })
  }
  return (
    <fieldset className="chips">
      <legend className="visually-hidden">Status</legend>
      {VIEW_STATUSES.map((status) => (
        <button
          key={status}
          type="button"
          className={`chip status-${status}`}
          aria-pressed={query.statuses.includes(status)}
          onClick={() => toggle(status)}
        >
          <span className="status-mark" aria-hidden="true" />
          {status}
          <span className="count">{counts?.[status].toLocaleString('en')}</span>
        </button>
      ))}
      <label className="check">
        <input
          type="checkbox"
          checked={query.includeDead}
          onChange={({ target }) => onChange({ includeDead: target.checked })}
        />
        with expired
      </label>
    </fieldset>
  )
}
