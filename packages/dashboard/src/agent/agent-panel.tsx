import { useEffect } from 'react'
import { useAgent, useAgentHistory } from '../registry/queries.ts'
import { AgentDetails } from './agent-details.tsx'
import { AgentHistory } from './agent-history.tsx'
import { LeaseView } from './lease-view.tsx'

/** Everything about one agent, also after it has left. */
export function AgentPanel({ agentId, closeHref }: { agentId: string; closeHref: string }) {
  const { data: agent, isPending } = useAgent(agentId)
  const { data: history, isPending: isHistoryPending } = useAgentHistory(agentId, agent?.revision)
  useEffect(() => {
    document.getElementById('panel-title')?.focus()
  }, [])
  return (
    <section className="agent-panel" aria-labelledby="panel-title">
      <header className="panel-head">
        <div>
          <h2 id="panel-title" className="mono" tabIndex={-1}>
            {agentId}
          </h2>
          {agent && <p className="name muted">{agent.agentName}</p>}
        </div>
        <a className="button small" href={closeHref} aria-label="Close">
          <CloseIcon />
        </a>
      </header>
      {isPending && <p className="muted">Reading…</p>}
      {agent === null && (
        <p className="notice">
          This agent is not in the registry.{history && ' What is left is its history.'}
        </p>
      )}
      {agent && <LeaseView agent={agent} />}
      {history && <AgentHistory events={history} />}
      {/* The history above must not push them down. */}
      {agent && !isHistoryPending && <AgentDetails agent={agent} />}
    </section>
  )
}

function CloseIcon() {
  return (
    <svg className="icon" viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
      <path d="m3 3 10 10M13 3 3 13" />
    </svg>
  )
}
