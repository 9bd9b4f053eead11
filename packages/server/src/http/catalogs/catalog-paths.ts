import { ardPathSwap } from './ard/ard-prefix.ts'
import type { CatalogSettings } from './catalog-settings.ts'
import { withEscapedServerName } from './mcp-registry/server-path.ts'

/** Returns a function from the URL of a request to that of an operation. */
export function catalogPaths({ ardPrefix, hasMcpRegistry }: CatalogSettings) {
  const swapped = ardPathSwap(ardPrefix)
  return (url: string): string => {
    const path = swapped ? swapped(url) : url
    return hasMcpRegistry ? withEscapedServerName(path) : path
  }
}
