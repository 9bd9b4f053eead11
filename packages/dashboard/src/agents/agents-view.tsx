import { AgentPanel } from '../agent/agent-panel.tsx'
import { hrefOf, type Location, navigate } from '../app/location.ts'
import { EmptyRegistry } from '../components/empty-registry.tsx'
import { AgentFilters } from './agent-filters.tsx'
import { AgentTable } from './agent-table.tsx'
import { isFiltered, type ListQuery, listParams, parseListQuery } from './list-query.ts'
import { useLiveAgents } from './use-live-agents.ts'

/** The list of agents, and beside it the one that was opened. */
export function AgentsView({ location }: { location: Location }) {
  const { agentId, params } = location
  const query = parseListQuery(params)
  const { list, live } = useLiveAgents(query)
  const change = (changed: Partial<ListQuery>): void =>
    navigate(hrefOf('agents', listParams({ ...query, ...changed }), agentId), { replace: true })
  const isEmpty = list.rows.length === 0 && !list.isLoading && list.error === undefined
  return (
    <main className={agentId === undefined ? 'agents' : 'agents with-panel'} id="content">
      <h1 className="visually-hidden">Agents</h1>
      <div className="agents-list">
        <AgentFilters query={query} onChange={change} />
        {list.error !== undefined && (
          <p className="notice" role="alert">
            {String(list.error instanceof Error ? list.error.message : list.error)}
          </p>
        )}
        {isEmpty && !isFiltered(query) && <EmptyRegistry />}
        {isEmpty && isFiltered(query) && <NoMatch query={query} />}
        {!isEmpty && live && (
          <AgentTable list={list} live={live} query={query} openId={agentId} onChange={change} />
        )}
      </div>
      {agentId !== undefined && (
        <AgentPanel key={agentId} agentId={agentId} closeHref={hrefOf('agents', params)} />
      )}
    </main>
  )
}

function NoMatch({ query }: { query: ListQuery }) {
  const withDead = hrefOf('agents', listParams({ ...query, includeDead: true }))
  return (
    <section className="empty">
      <h2>No agent matches</h2>
      <p className="muted">
        {query.includeDead ? 'Not even an expired one.' : 'Only agents that are alive are listed.'}
      </p>
      <p className="actions">
        {!query.includeDead && (
          <a className="button" href={withDead}>
            Include expired agents
          </a>
        )}
        <a className="button" href={hrefOf('agents')}>
          Clear all filters
        </a>
      </p>
    </section>
  )
}
