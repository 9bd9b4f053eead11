import { boolean, oneOf, text } from '@rollcall/protocol/json-schema'
import { DOMAIN } from '../limits/catalog-limits.ts'

/** The value of the setting for no publisher: the host at which the registry is reached. */
export const NO_PUBLISHER = 'none'

/** How agents are shown in the catalogs of others. */
export const CATALOG_SETTINGS = {
  noArd: boolean({
    default: false,
    description: 'Serve no manifests, and nothing of Agentic Resource Discovery',
  }),
  noMcpRegistry: boolean({
    default: false,
    description: 'Serve no MCP Registry API at /v0.1, and no server cards of agents',
  }),
  publisher: text({
    minLength: 1,
    maxLength: 200,
    pattern: `^${NO_PUBLISHER}$|${DOMAIN.source}`,
    patternErrorMessage: 'must be a domain, such as example.com, or none',
    default: NO_PUBLISHER,
    description:
      'Domain in the identifiers of catalog entries; none: that of the public URL, or of the request',
  }),
  publicDiscovery: oneOf(['none', 'registry', 'agents'], {
    default: 'none',
    description:
      'What callers without a token see in manifests and in the MCP Registry API, if they may read nothing else; ' +
      'with agents, pages of all origins may read these as well',
  }),
  catalogCards: oneOf(['registry', 'own'], {
    default: 'registry',
    description: 'Where catalog entries point to: cards of the registry, or those of agents',
  }),
  catalogMetadata: boolean({
    default: false,
    description: 'Show the metadata of agents in catalog entries',
  }),
  ardPrefix: text({
    minLength: 2,
    maxLength: 128,
    pattern: '^(?:/[A-Za-z0-9_-]+)+$',
    patternErrorMessage: 'must be a path such as /ard, without a slash at its end',
    default: '/ard',
    description: 'Path below which Agentic Resource Discovery is served',
  }),
}
