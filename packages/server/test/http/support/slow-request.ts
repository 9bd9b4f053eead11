import { AgentRegistryServer } from '@rollcall/server'
import { RawConnection } from '../../../../../test/http/support/raw-connection.ts'
import type { RawAnswer } from '../../../../../test/http/support/raw-response.ts'

/**
 * Sends the beginning of a request to a registry of little patience, and never its end.
 *
 * @returns the answer, after which the connection was closed
 */
export async function slowRequest(beginning: string): Promise<RawAnswer> {
  await using registry = new AgentRegistryServer('memory:')
  const { server } = registry.createApp()
  server.headersTimeout = 50
  server.requestTimeout = 50
  // Node looks for slow clients every 30 s; a test would wait for that long.
  Object.assign(server, { connectionsCheckingInterval: 20 })
  await using connection = await RawConnection.open(await registry.listen({ port: 0 }))
  connection.send(beginning)
  const answer = await connection.answer()
  await connection.whenClosed()
  return answer
}
