import { ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import {
  ERROR_CODES,
  type ErrorCode,
  LIMITS,
  PROBLEM_MEDIA_TYPE,
  problemDetails,
} from '@rollcall/protocol'
import { BROWSER_HEADERS, SECURITY_HEADERS } from '../responses/security-headers.ts'

const CODE_OF: Readonly<Record<string, ErrorCode>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'REQUEST_TIMEOUT',
  HPE_HEADER_OVERFLOW: 'HEADERS_TOO_LARGE',
}

interface ClientError extends Error {
  readonly code?: string
  /** The last received packet, which could not be parsed; a buffer. */
  readonly rawPacket?: unknown
}

/** Without a handshake, no response can be encrypted. */
const TLS_ERROR = /^(?:ERR_SSL_|ERR_TLS_|EPROTO$)/

/** `GET /…`, as far as it arrived in one packet. */
const REQUEST_LINE = new RegExp(`^[A-Z]+ [^ \\r\\n]{${LIMITS.addressBytes},}`)

/** Headers and URL share one limit; the URL alone may exceed it. */
function codeOf({ code = '', rawPacket }: ClientError): ErrorCode {
  const known = CODE_OF[code] ?? 'MALFORMED_REQUEST'
  if (known !== 'HEADERS_TOO_LARGE' || !Buffer.isBuffer(rawPacket)) return known
  return REQUEST_LINE.test(rawPacket.toString('latin1')) ? 'URI_TOO_LONG' : known
}

const PROTECTION = Object.entries({ ...SECURITY_HEADERS, ...BROWSER_HEADERS })
  .map(([name, value]) => `${name}: ${value}\r\n`)
  .join('')

/** Whether a response has already begun: no other one can be sent in the middle of it. */
function hasResponseBegun(socket: Socket): boolean {
  // Node itself checks this property before it responds to a malformed request.
  const response: unknown = Reflect.get(socket, '_httpMessage')
  return response instanceof ServerResponse && response.headersSent
}

/**
 * Responds to a malformed HTTP request on the raw socket, because there is no request object. Closes
 * the connection, because the start of the next request cannot be determined.
 */
export function handleClientError(error: ClientError, socket: Socket): void {
  const { code: errorCode = '' } = error
  if (
    errorCode === 'ECONNRESET' ||
    TLS_ERROR.test(errorCode) ||
    !socket.writable ||
    hasResponseBegun(socket)
  ) {
    socket.destroy()
    return
  }
  const code = codeOf(error)
  const { status, remedy } = ERROR_CODES[code]
  const body = JSON.stringify(
    problemDetails({
      code,
      detail: `The request could not be read (${error.code ?? 'no reason given'}). ${remedy}`,
      requestId: 'none',
      errors: [{ pointer: '', message: `cannot be read: ${error.code ?? 'malformed'}` }],
    }),
  )
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: ${PROBLEM_MEDIA_TYPE}\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n${PROTECTION}\r\n${body}`,
  )
}
