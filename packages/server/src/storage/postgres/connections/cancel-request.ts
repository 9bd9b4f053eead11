import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { ClientBase } from 'pg'

/** The code of a cancel request: 1234 and 5678, in place of a protocol version. */
const CANCEL_CODE = 80_877_102
const REQUEST_BYTES = 16

/** The properties of a connection that a cancel request needs. */
interface Cancellable {
  readonly host: string
  readonly port: number
  readonly processID: number
  readonly secretKey: number
}

/**
 * Asks the server to cancel the running statement of a connection, through a separate connection, like
 * libpq's `PQcancel`: unencrypted, because it only sends a key that has no other use. Resolves when the
 * server has accepted the request, or after the timeout; the outcome shows on the original connection.
 *
 * @param timeoutMs milliseconds to wait for the server
 */
export async function cancelStatement(client: ClientBase, timeoutMs: number): Promise<void> {
  if (!isCancellable(client)) return
  const socket = open(client)
  const timer = setTimeout(() => socket.destroy(), timeoutMs)
  try {
    await once(socket, 'connect')
    socket.end(cancelRequest(client))
    socket.resume()
    // The server closes the connection once it has sent the signal.
    await once(socket, 'close')
  } catch {
    // The server is unreachable: the original connection breaks as well, or times out.
  } finally {
    clearTimeout(timer)
    socket.destroy()
  }
}

function open({ host, port }: Cancellable): Socket {
  const socket = host.startsWith('/')
    ? connect({ path: `${host}/.s.PGSQL.${port}` })
    : connect({ host, port })
  // It may fail after the wait has ended.
  socket.on('error', () => undefined)
  return socket.setNoDelay(true)
}

function cancelRequest({ processID, secretKey }: Cancellable): Buffer {
  const request = Buffer.alloc(REQUEST_BYTES)
  request.writeInt32BE(REQUEST_BYTES, 0)
  request.writeInt32BE(CANCEL_CODE, 4)
  request.writeInt32BE(processID, 8)
  request.writeInt32BE(secretKey, 12)
  return request
}

/** The driver's types do not declare the key data that the server sent for this. */
function isCancellable(client: object): client is Cancellable {
  return (
    'host' in client &&
    typeof client.host === 'string' &&
    'port' in client &&
    typeof client.port === 'number' &&
    'processID' in client &&
    typeof client.processID === 'number' &&
    'secretKey' in client &&
    typeof client.secretKey === 'number'
  )
}
