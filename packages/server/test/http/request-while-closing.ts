import { AgentRegistryServer } from '@rollcall/server'
import type { RawAnswer } from '../../../../test/http/raw-answer.ts'
import { RawConnection } from '../../../../test/http/raw-connection.ts'

/** Bytes of a request that are sent before the registry closes. */
const FIRST_PART = 20

/** Has a registry close while a request is arriving, and gives the answer to that request. */
export async function requestWhileClosing(request: string): Promise<RawAnswer> {
  const server = new AgentRegistryServer('memory:')
  const connection = await RawConnection.open(await server.listen({ port: 0 }))
  connection.send(request.slice(0, FIRST_PART))
  // The server must have read that much: a connection without a request is closed at once.
  await new Promise((resolve) => setTimeout(resolve, 100))
  const closed = server.close()
  await new Promise((resolve) => setTimeout(resolve, 50))
  connection.send(request.slice(FIRST_PART))
  const answer = await connection.answer()
  await connection[Symbol.asyncDispose]()
  await closed
  return answer
}
