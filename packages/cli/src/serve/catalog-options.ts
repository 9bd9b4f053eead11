import { type AgentRegistryServerOptions, NO_PUBLISHER, type Settings } from '@rollcall/server'

/** Returns how the agents are shown to models and in the catalogs of others. */
export function catalogOptions(
  settings: Settings,
): Pick<
  AgentRegistryServerOptions,
  | 'mcp'
  | 'ard'
  | 'mcpRegistry'
  | 'publisher'
  | 'publicDiscovery'
  | 'catalogCards'
  | 'catalogMetadata'
  | 'ardPrefix'
> {
  const { publisher, publicDiscovery, catalogCards, catalogMetadata, ardPrefix } = settings
  return {
    mcp: !settings.noMcp,
    ard: !settings.noArd,
    mcpRegistry: !settings.noMcpRegistry,
    publisher: publisher === NO_PUBLISHER ? undefined : publisher,
    ...{ publicDiscovery, catalogCards, catalogMetadata, ardPrefix },
  }
}
