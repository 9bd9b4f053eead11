import { AGENT_DETAILS, bracketedHost } from '@rollcall/protocol'
import type { AgentRecord } from '../../domain/agent-record.ts'
import { viewStatus } from '../../domain/query/agent-filter.ts'
import { metadataLeaves } from '../../domain/query/metadata-leaves.ts'

const PREFIX = '__meta_rollcall_'

/**
 * Encodes an agent as a target group of Prometheus's HTTP service discovery. Multiple values
 * (capabilities, arrays in the metadata) are joined by commas, with a leading and a trailing one, so
 * that a relabelling rule can match `.*,search,.*`. Includes the metadata that {@link metadataLeaves}
 * lists.
 */
export function targetGroupJson(agent: AgentRecord): string {
  const { host, port } = agent
  const address = `${bracketedHost(host)}:${port}`
  const labels: Record<string, string> = {
    [`${PREFIX}agent_id`]: agent.agentId,
    [`${PREFIX}agent_name`]: agent.agentName,
    [`${PREFIX}status`]: viewStatus(agent),
    [`${PREFIX}url`]: agent.url,
    [`${PREFIX}capabilities`]: joined(agent.capabilities),
    ...(agent.tags.length > 0 && { [`${PREFIX}tags`]: joined(agent.tags) }),
    ...(agent.version !== null && { [`${PREFIX}version`]: agent.version }),
    ...detailLabels(agent),
    ...metadataLabels(agent),
  }
  return JSON.stringify({ targets: [address], labels })
}

function detailLabels({ details }: AgentRecord): Record<string, string> {
  const labels = AGENT_DETAILS.flatMap(({ name, wireName }) => {
    const value = details[name]
    return value === null ? [] : [[`${PREFIX}${wireName}`, value]]
  })
  return Object.fromEntries(labels)
}

function metadataLabels(agent: AgentRecord): Record<string, string> {
  const byLabel = new Map<string, string[]>()
  for (const { path, value } of metadataLeaves(agent.metadata).leaves) {
    if (path === '' || value === undefined) continue
    const label = `${PREFIX}metadata_${labelName(path)}`
    const values = byLabel.get(label)
    if (values) values.push(value)
    else byLabel.set(label, [value])
  }
  const labels = byLabel.entries().map(([label, values]): [string, string] => {
    const [first = '', ...others] = values
    return [label, others.length === 0 ? first : joined(values)]
  })
  return Object.fromEntries(labels)
}

/** Replaces characters that are not allowed in label names. */
function labelName(path: string): string {
  return path.replaceAll(/[^a-zA-Z0-9_]/g, '_')
}

function joined(values: readonly string[]): string {
  return values.length === 0 ? '' : `,${values.join(',')},`
}
