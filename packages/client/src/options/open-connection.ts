import { RegistryConnection } from '../transport/connection.ts'
import type { ConnectionOptions } from './client-options.ts'
import { environmentToken } from './environment-token.ts'
import { requireValidOptions } from './option-rules.ts'
import { resolveRegistryUrl } from './resolve-options.ts'

/**
 * Creates a connection, with environment variables and defaults applied to its options.
 *
 * @throws TypeError if `registryUrl` is not an http(s) URL, or an option has the wrong type
 */
export function openConnection(
  options: ConnectionOptions & { readonly signal?: AbortSignal | undefined },
): { readonly registryUrl: string; readonly connection: RegistryConnection } {
  requireValidOptions(options)
  const registryUrl = resolveRegistryUrl(options.registryUrl)
  const token = options.token ?? environmentToken()
  return { registryUrl, connection: new RegistryConnection({ ...options, registryUrl, token }) }
}
