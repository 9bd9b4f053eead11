import { hash } from 'node:crypto'
import { LIMITS } from '@rollcall/protocol'
import type { AgentRecord } from '../../domain/agent-record.ts'
import { VERSION } from '../../version.ts'
import { MCP_SERVER_CARD } from '../cards/mcp-server-card.ts'
import type { CatalogAddress } from './catalog-address.ts'

/** The schema of server cards (SEP-2127), which may still move. */
const SCHEMA = 'https://static.modelcontextprotocol.io/schemas/v1/server-card.schema.json'
/** The versions of MCP that `/mcp` speaks. */
const OWN_VERSIONS = ['2026-07-28', '2025-11-25', '2025-06-18']
/** Characters of a description or a title in MCP. */
const TEXT_CHARACTERS = 100
/** The version of a server that says none: MCP requires one. */
const NO_VERSION = '0.0.0'

/** Where an MCP server is called. */
export interface Remote {
  readonly type: 'streamable-http' | 'sse'
  readonly url: string
}

/** What MCP calls a server. */
export interface ServerIdentity {
  /** NAMESPACE/NAME. */
  readonly name: string
  readonly title: string
  readonly description: string
  readonly version: string
}

/** Returns what MCP calls an agent: as its server card does, otherwise by its id. */
export function serverIdentity(
  agent: Pick<AgentRecord, 'agentId' | 'agentName' | 'details' | 'version' | 'card'>,
  { publisher }: Pick<CatalogAddress, 'publisher'>,
): ServerIdentity {
  const { card, details, agentName } = agent
  const named = card?.format === MCP_SERVER_CARD ? card.words.split('\n', 1)[0] : undefined
  return {
    name: named ?? derivedName(agent.agentId, publisher),
    title: cut(agentName),
    description: cut(details.description ?? agentName),
    version: agent.version ?? NO_VERSION,
  }
}

/** Returns where an agent is called; undefined: not by HTTP. */
export function remoteOf({ url }: Pick<AgentRecord, 'url'>): Remote | undefined {
  if (!/^https?:/i.test(url)) return undefined
  const isSse = URL.parse(url)?.pathname.endsWith('/sse') ?? false
  return { type: isSse ? 'sse' : 'streamable-http', url }
}

/** Makes the server card of an agent that has sent none. */
export function agentServerCard(agent: AgentRecord, address: CatalogAddress): object {
  const remote = remoteOf(agent)
  return {
    $schema: SCHEMA,
    ...serverIdentity(agent, address),
    ...(remote && { remotes: [remote] }),
  }
}

/** Makes the server card of the registry. */
export function ownServerCard({ base, publisher }: CatalogAddress): object {
  return {
    $schema: SCHEMA,
    name: `${reversed(publisher)}/rollcall`,
    title: 'Rollcall',
    description: 'Finds AI agents that are alive now, by what they can do.',
    version: VERSION,
    remotes: [
      { type: 'streamable-http', url: `${base}/mcp`, supportedProtocolVersions: OWN_VERSIONS },
    ],
  }
}

/** Names are in reverse domain order, and have no colons. A long id is cut, and stays unique by its hash. */
function derivedName(agentId: string, publisher: string): string {
  const namespace = `${reversed(publisher)}/`
  const name = agentId.replaceAll(':', '.')
  const room = LIMITS.serverNameCharacters - namespace.length
  if (name.length <= room) return namespace + name
  return `${namespace}${name.slice(0, room - 13)}-${hash('sha256', agentId, 'hex').slice(0, 12)}`
}

function reversed(domain: string): string {
  return domain.split('.').toReversed().join('.')
}

function cut(text: string): string {
  const characters = [...text]
  if (characters.length <= TEXT_CHARACTERS) return text
  return `${characters.slice(0, TEXT_CHARACTERS - 1).join('')}…`
}
