import type { RegistryDescription } from '@rollcall/protocol'
import { VERSION } from '../../version.ts'

/** The response at the root of the registry. Links are relative, for proxies that remove a prefix. */
export const DESCRIPTION: RegistryDescription = {
  name: 'Rollcall',
  version: VERSION,
  links: {
    agents: './agents',
    events: './events',
    health: './health',
    metrics: './metrics',
    openapi: './openapi.json',
    docs: './docs',
  },
}
