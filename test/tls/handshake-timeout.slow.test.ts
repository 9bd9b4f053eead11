// Waits for the ten seconds in which a TLS connection must be established.
import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { tlsRegistry } from './support/tls-registry.ts'

const BEGINNING_OF_A_HANDSHAKE = Buffer.of(0x16, 0x03, 0x01)

/** Less than the two minutes of Node. */
const timeout = 60_000

test.each([
  ['nothing', Buffer.of()],
  ['half of a handshake', BEGINNING_OF_A_HANDSHAKE],
])('a client that sends %s is disconnected', { timeout }, async (_what, bytes) => {
  await using registry = await tlsRegistry()
  const codes: string[] = []
  registry.server.createApp().server.on('tlsClientError', ({ code }) => codes.push(code))
  const socket = connect(Number(new URL(registry.url).port), '127.0.0.1').resume()
  socket.write(bytes)
  await once(socket, 'close')
  expect(codes).toEqual(['ERR_TLS_HANDSHAKE_TIMEOUT'])
})
