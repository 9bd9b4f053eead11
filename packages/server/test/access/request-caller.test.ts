import { once } from 'node:events'
import { createServer, IncomingMessage } from 'node:http'
import { type AddressInfo, connect, Socket } from 'node:net'
import { expect, test } from 'vitest'
import { ANONYMOUS_READER } from '../../src/access/principal.ts'
import { callerIn } from '../../src/http/access/request-caller.ts'

test('an anonymous caller keeps its address when its connection is gone', async () => {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const requested = once(server, 'request') as Promise<[IncomingMessage]>
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
    const [request] = await requested
    const caller = callerIn(request, ANONYMOUS_READER)
    const closed = once(request.socket, 'close')
    socket.destroy()
    await closed
    expect(caller).toMatchObject({ kind: 'anonymous', scope: 'read', address: '127.0.0.1' })
  } finally {
    server.close()
  }
})

test('a principal is a caller itself', () => {
  const grant = { scope: 'agent', patterns: ['*'], reads: undefined } as const
  const principal = { kind: 'token', name: 'ann', ...grant } as const
  expect(callerIn(new IncomingMessage(new Socket()), principal)).toBe(principal)
})
