import { AgentRegistryServer } from '@rollcall/server'
import { RawConnection } from '../../../../../test/http/support/raw-connection.ts'
import type { RawResponse } from '../../../../../test/http/support/raw-response.ts'

/**
 * Sends the beginning of a request, and never its end, to a registry with short timeouts.
 *
 * @returns the response, after which the connection was closed
 */
export async function slowRequest(beginning: string): Promise<RawResponse> {
  await using registry = new AgentRegistryServer('memory:')
  const { server } = registry.createApp()
  server.headersTimeout = 50
  server.requestTimeout = 50
  // Node checks for slow clients every 30 s, which is too long for a test.
  Object.assign(server, { connectionsCheckingInterval: 20 })
  await using connection = await RawConnection.open(await registry.listen({ port: 0 }))
  connection.send(beginning)
  const response = await connection.answer()
  await connection.whenClosed()
  return response
}
