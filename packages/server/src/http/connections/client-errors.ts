import { ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import {
  ERROR_CODES,
  type ErrorCode,
  LIMITS,
  PROBLEM_MEDIA_TYPE,
  problemDetails,
} from '@rollcall/protocol'
import { PROTECTING_HEADERS } from '../responses/protecting-headers.ts'

const CODE_OF: Readonly<Record<string, ErrorCode>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'REQUEST_TIMEOUT',
  HPE_HEADER_OVERFLOW: 'HEADERS_TOO_LARGE',
}

interface ClientError extends Error {
  readonly code?: string
  /** What arrived last and could not be read, as a buffer. */
  readonly rawPacket?: unknown
}

/** `GET /…`, as far as it arrived at once. */
const REQUEST_LINE = new RegExp(`^[A-Z]+ [^ \\r\\n]{${LIMITS.addressBytes},}`)

/** Headers and address share one limit; what is too long may be the address alone. */
function codeOf({ code = '', rawPacket }: ClientError): ErrorCode {
  const known = CODE_OF[code] ?? 'MALFORMED_REQUEST'
  if (known !== 'HEADERS_TOO_LARGE' || !Buffer.isBuffer(rawPacket)) return known
  return REQUEST_LINE.test(rawPacket.toString('latin1')) ? 'URI_TOO_LONG' : known
}

const PROTECTION = Object.entries(PROTECTING_HEADERS)
  .map(([name, value]) => `${name}: ${value}\r\n`)
  .join('')

/** An answer is on its way already: nothing else can be said in the middle of it. */
function isBeingAnswered(socket: Socket): boolean {
  // Where Node itself looks before it answers a malformed request.
  const answer: unknown = Reflect.get(socket, '_httpMessage')
  return answer instanceof ServerResponse && answer.headersSent
}

/**
 * Answers what is no HTTP request at all, on the bare socket: there is no request to reply to.
 * The connection ends, because where the next request would begin is anybody's guess.
 */
export function handleClientError(error: ClientError, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable || isBeingAnswered(socket)) {
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
