import { once } from 'node:events'
import type { Socket } from 'node:net'
import { AgentRegistryServer } from '@rollcall/server'
import { RawConnection } from '../../../../../test/http/support/raw-connection.ts'
import type { RawResponse } from '../../../../../test/http/support/raw-response.ts'

/** Bytes of a request that are sent before the registry closes. */
const FIRST_PART = 20

/** Closes a registry while a request is arriving, and returns the response to that request. */
export async function requestWhileClosing(request: string): Promise<RawResponse> {
  const server = new AgentRegistryServer('memory:')
  const accepted = once(server.createApp().server, 'connection')
  const connection = await RawConnection.open(await server.listen({ port: 0 }))
  const [socket] = (await accepted) as [Socket]
  connection.send(request.slice(0, FIRST_PART))
  // The server must have read that much: a connection without a request is closed at once.
  while (socket.bytesRead < FIRST_PART) await new Promise((resolve) => setTimeout(resolve, 5))
  const closed = server.close()
  await new Promise((resolve) => setTimeout(resolve, 50))
  connection.send(request.slice(FIRST_PART))
  const response = await connection.answer()
  await connection[Symbol.asyncDispose]()
  await closed
  return response
}
