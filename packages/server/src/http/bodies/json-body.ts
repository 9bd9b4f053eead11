import { isUtf8 } from 'node:buffer'
import { ERROR_CODES } from '@rollcall/protocol'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { pointerSegment } from '../../domain/json-flaw.ts'
import { OPERATIONS } from '../../operations/operations.ts'
import { validationFailed } from '../requests/validation.ts'
import { HttpProblem, shorten } from '../responses/problem.ts'
import type { IncomingBodies } from './incoming-bodies.ts'
import { findPrecisionLoss } from './json-precision.ts'
import { memberText } from './member-text.ts'

/**
 * Accepts only JSON bodies. An empty body counts as absent: many clients send the header even without
 * a body. Invalid UTF-8 is rejected, because decoding would silently replace it.
 */
export function acceptJson(app: FastifyInstance, bodies: IncomingBodies): void {
  app.removeAllContentTypeParsers()
  read(app, bodies, 'application/json', parse)
  read(app, bodies, '*', ({ headers }) => {
    const type = shorten(headers['content-type'] ?? 'no type')
    const { remedy } = ERROR_CODES.UNSUPPORTED_MEDIA_TYPE
    throw new HttpProblem('UNSUPPORTED_MEDIA_TYPE', `The body has type ${type}. ${remedy}`)
  })
}

/** Ignores the type and encoding of an absent body, whatever the headers say. */
function read(
  app: FastifyInstance,
  bodies: IncomingBodies,
  contentType: string,
  toValue: (request: FastifyRequest, bytes: Buffer) => unknown,
): void {
  app.addContentTypeParser(contentType, (request, _payload, done) => {
    bodies.read(request, (error, bytes) => {
      let value: unknown
      try {
        if (error) throw error
        if (bytes.length > 0) {
          requireNoCoding(request)
          value = toValue(request, bytes)
        }
      } catch (failure) {
        done(failure as Error)
        return
      }
      done(null, value)
    })
  })
}

/** @throws HttpProblem, or the SyntaxError of `JSON.parse`, which contains the position */
function parse(request: FastifyRequest, bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw new HttpProblem('MALFORMED_JSON', 'The body is not UTF-8.')
  const text = bytes.toString('utf8')
  // A byte order mark has no meaning in UTF-8.
  const value: unknown = JSON.parse(text.startsWith('\ufeff') ? text.slice(1) : text)
  const { operationId } = request.routeOptions.config
  // Kept byte for byte, and read by its route.
  if (operationId === 'setCard') return text
  // Clients of some languages send null for an omitted body.
  if (value === null && operationId && !OPERATIONS[operationId].body?.required) return undefined
  if (/__proto__|\\u/.test(text)) requireNoPrototype(value)
  // All of a registration is returned by reads, so parsing must be lossless; nothing else is stored.
  if (operationId === 'registerAgent') {
    const loss = findPrecisionLoss(text, value)
    if (loss) throw validationFailed([loss])
    keepCardText(text, value)
  }
  return value
}

/** Replaces the card of a registration by its text, which is kept byte for byte. */
function keepCardText(text: string, body: unknown): void {
  const { card } = Object(body) as { card?: unknown }
  if (typeof card !== 'object' || card === null) return
  Object.assign(body as object, { card: memberText(text, 'card') })
}

/** RFC 9110, 15.5.16: `Accept-Encoding` states which encodings the server accepts. */
function requireNoCoding({ headers }: FastifyRequest): void {
  const coding = headers['content-encoding'] ?? 'identity'
  if (coding.toLowerCase() === 'identity' || coding === '') return
  const { remedy } = ERROR_CODES.UNSUPPORTED_CONTENT_ENCODING
  throw new HttpProblem(
    'UNSUPPORTED_CONTENT_ENCODING',
    `The body has encoding ${shorten(coding)}. ${remedy}`,
    { headers: { 'accept-encoding': 'identity' } },
  )
}

/**
 * Rejects `__proto__` as a key: programs that copy objects property by property would change the
 * prototype of the copy. `constructor` is an ordinary key.
 */
function requireNoPrototype(body: unknown): void {
  const stack = [{ value: body, pointer: '' }]
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { value, pointer } = next
    if (typeof value !== 'object' || value === null) continue
    if (Object.hasOwn(value, '__proto__')) {
      const found = `${pointer}/__proto__`
      throw new HttpProblem(
        'MALFORMED_JSON',
        `The body contains the key ${shorten(found)}. ${ERROR_CODES.MALFORMED_JSON.remedy}`,
        { errors: [{ pointer: found, message: 'is not allowed as a key' }] },
      )
    }
    for (const [key, inner] of Object.entries(value)) {
      if (typeof inner === 'object') {
        stack.push({ value: inner, pointer: pointer + pointerSegment(key) })
      }
    }
  }
}
