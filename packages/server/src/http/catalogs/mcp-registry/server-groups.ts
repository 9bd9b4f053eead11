import type { VisibleAgents } from '../../../access/visible-agents.ts'
import type { AgentRecord } from '../../../domain/agent-record.ts'
import { RegistryError } from '../../../domain/registry-error.ts'
import { SERVER_LIMITS } from '../../../limits/server-limits.ts'
import type { AdmittedQuery } from '../../queries/query-admission.ts'
import type { CatalogAddress } from '../catalog-address.ts'
import { type ServerIdentity, serverIdentity } from '../server-card.ts'

/** One version of a server, and the agents that are its replicas. */
export interface ServerVersion {
  readonly identity: ServerIdentity
  /** At least one; all of the same name and version. */
  readonly replicas: readonly AgentRecord[]
  /** Unix time in milliseconds at which the last of them was removed; undefined: some are still there. */
  readonly goneAtMs?: number
}

/** Agents by the server of which they are replicas. */
export class ServerGroups {
  readonly #address: CatalogAddress
  readonly #groups = new Map<string, { identity: ServerIdentity; replicas: AgentRecord[] }>()
  readonly #gone = new Map<string, ServerVersion>()

  constructor(address: CatalogAddress) {
    this.#address = address
  }

  /** All servers, by name and then by version, the oldest first. */
  get sorted(): ServerVersion[] {
    return [...this.#groups.values(), ...this.#gone.values()].toSorted(
      ({ identity: a }, { identity: b }) => compareServers(a, b),
    )
  }

  /** Adds the agents that a caller sees. @throws RegistryError `OVERLOADED` if there are too many */
  async addAgents(
    agents: VisibleAgents,
    { includeDead, admitted }: { includeDead: boolean; admitted: AdmittedQuery },
  ): Promise<void> {
    const query = { details: { protocol: 'mcp' }, includeDead }
    let count = 0
    for await (const page of agents.listAll(query, admitted)) {
      count += page.length
      if (count > SERVER_LIMITS.mcpServers.value) {
        throw new RegistryError('OVERLOADED', 'the registry has too many MCP servers to list them')
      }
      for (const agent of page) {
        const identity = serverIdentity(agent, this.#address)
        const known = this.#groups.get(keyOf(identity))
        if (known) known.replicas.push(agent)
        else this.#groups.set(keyOf(identity), { identity, replicas: [agent] })
      }
      if (admitted.work.isOver) await admitted.work.next()
    }
  }

  /** Adds an agent that was removed, unless its server has others. Later removals replace earlier ones. */
  addGone(agent: AgentRecord, goneAtMs: number): void {
    const identity = serverIdentity(agent, this.#address)
    const key = keyOf(identity)
    if (!this.#groups.has(key)) this.#gone.set(key, { identity, replicas: [agent], goneAtMs })
  }
}

/** Orders servers by name and version. */
export function compareServers(
  a: Pick<ServerIdentity, 'name' | 'version'>,
  b: Pick<ServerIdentity, 'name' | 'version'>,
): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1
  return compareVersions(a.version, b.version)
}

/** Orders versions by their numbers: 1.10 comes after 1.9. */
function compareVersions(a: string, b: string): number {
  return COLLATOR.compare(a, b) || (a < b ? -1 : Number(a > b))
}

const COLLATOR = new Intl.Collator('en', { numeric: true })

function keyOf({ name, version }: ServerIdentity): string {
  return `${name}\n${version}`
}
