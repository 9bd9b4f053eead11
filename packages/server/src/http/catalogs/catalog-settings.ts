/** How agents are shown in the catalogs of others. */
export interface CatalogSettings {
  /** Whether manifests and the calls of ARD are served. */
  readonly hasArd: boolean
  /** Whether the MCP Registry API is served. */
  readonly hasMcpRegistry: boolean
  /** Whether models find agents by MCP at `/mcp`, which manifests name. */
  readonly hasMcp: boolean
  /** The domain that publishes the entries; undefined: the host at which the registry is reached. */
  readonly publisher: string | undefined
  /** The URL at which clients reach the registry, without a trailing slash; undefined: that of the request. */
  readonly publicUrl: string | undefined
  /** What callers without a token see in manifests and in the MCP Registry API. */
  readonly publicDiscovery: PublicDiscovery
  /** Where entries point to: cards of the registry, or those that agents serve themselves. */
  readonly cards: 'registry' | 'own'
  /** Whether entries show the metadata of agents. */
  readonly showsMetadata: boolean
  /** The path below which ARD is served, without a trailing slash. */
  readonly ardPrefix: string
}

/** `none`: what they may read anywhere; `registry`: also the registry itself; `agents`: also all agents. */
export type PublicDiscovery = 'none' | 'registry' | 'agents'
