import type { ConnectionOptions } from './options/client-options.ts'
import { openConnection } from './options/open-connection.ts'
import type { Call as RegistryCall } from './transport/call.ts'

export type { RegistryCall }

/**
 * Calls an operation of a registry for which no client has a method. The value has the names of the wire, and is not
 * validated. Throws as the methods of `RegistryApi`.
 */
export async function callRegistry<T>(
  call: RegistryCall,
  options: ConnectionOptions = {},
): Promise<T> {
  return (await openConnection(options).connection.call<T>(call)).body
}
