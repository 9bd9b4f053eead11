import type { Agent } from '@rollcall/client'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { permissionsFor } from '../access/permissions.ts'
import { ConfirmAction } from '../components/confirm-action.tsx'
import { CopyButton } from '../components/copy-button.tsx'
import { useWhoami } from '../registry/queries.ts'
import { useRegistry } from '../registry/registry-context.tsx'
import { curlCommands } from './curl-commands.ts'

type Action = 'drain' | 'ready' | 'deregister'

/** What the user may do to the agent. */
export function AgentActions({ agent }: { agent: Agent }) {
  const { session } = useRegistry()
  const { client, registryUrl } = session
  const queries = useQueryClient()
  const { canDrain, canDeregister } = permissionsFor(useWhoami(), agent)
  const [action, setAction] = useState<Action>()
  const close = (): void => {
    setAction(undefined)
    void queries.invalidateQueries({ queryKey: ['agent', agent.agentId] })
  }
  const { agentId, maintenance } = agent
  return (
    <div className="actions">
      {canDrain && (
        <button type="button" className="button" onClick={() => setAction('drain')}>
          {maintenance ? 'Change reason' : 'Drain'}
        </button>
      )}
      {canDrain && maintenance && (
        <button type="button" className="button" onClick={() => setAction('ready')}>
          Ready
        </button>
      )}
      {canDeregister && (
        <button type="button" className="button danger" onClick={() => setAction('deregister')}>
          Deregister
        </button>
      )}
      <CopyButton text={curlCommands.get(registryUrl, agentId)} label="Copy as curl" isLarge />
      {action === 'drain' && (
        <ConfirmAction
          title={`Drain ${agentId}?`}
          consequence="It is shown as draining, whatever it reports, until you end it: it takes no new work. That outlives its registrations and restarts."
          confirm="Drain"
          asksReason
          commandFor={(reason) => curlCommands.drain(registryUrl, agentId, reason)}
          perform={(reason) => client.api.setMaintenance(agentId, { reason })}
          onClose={close}
        />
      )}
      {action === 'ready' && (
        <ConfirmAction
          title={`End the maintenance of ${agentId}?`}
          consequence="It is shown as it reports itself again."
          confirm="Ready"
          commandFor={() => curlCommands.ready(registryUrl, agentId)}
          perform={() => client.api.endMaintenance(agentId)}
          failureOf={({ ended, remaining }) =>
            ended ? undefined : wholePrefix(remaining?.pattern)
          }
          onClose={close}
        />
      )}
      {action === 'deregister' && (
        <ConfirmAction
          title={`Deregister ${agentId}?`}
          consequence="It leaves the registry at once. If it still runs, its next heartbeat is refused, and most agents register again."
          confirm="Deregister"
          isDangerous
          commandFor={() => curlCommands.deregister(registryUrl, agentId)}
          perform={() => client.api.deregister(agentId)}
          onClose={close}
        />
      )}
    </div>
  )
}

/** Ending the maintenance of one agent must not end that of others. */
function wholePrefix(pattern: string | undefined): string {
  return pattern === undefined
    ? 'Its maintenance has ended meanwhile.'
    : `The maintenance is that of all agents ${pattern}: rollcall ready '${pattern}' ends it.`
}
