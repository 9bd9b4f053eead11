import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { ClientBase } from 'pg'

/** The code of a cancel request: 1234 and 5678, where a version of the protocol would be. */
const CANCEL_CODE = 80_877_102
const REQUEST_BYTES = 16

/** A connection, as far as it takes to cancel what runs on it. */
interface Cancellable {
  readonly host: string
  readonly port: number
  readonly processID: number
  readonly secretKey: number
}

/**
 * Asks the server to cancel the statement that runs on a connection, through a connection of its
 * own, as libpq's `PQcancel`: without encryption, as it holds nothing but a number that is good for
 * this alone. Resolves when the server has taken the request, or when it does not in time: the
 * outcome shows on the connection itself.
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
    // The server closes it once the signal is on its way.
    await once(socket, 'close')
  } catch {
    // The server is unreachable: then the connection breaks as well, or its time is over.
  } finally {
    clearTimeout(timer)
    socket.destroy()
  }
}

function open({ host, port }: Cancellable): Socket {
  const socket = host.startsWith('/')
    ? connect({ path: `${host}/.s.PGSQL.${port}` })
    : connect({ host, port })
  // It may fail after somebody has stopped waiting.
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

/** The types of the driver do not know what the server told it for this. */
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
