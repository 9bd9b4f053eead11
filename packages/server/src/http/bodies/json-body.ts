import { isUtf8 } from 'node:buffer'
import { ERROR_CODES } from '@rollcall/protocol'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { pointerSegment } from '../../domain/json-flaw.ts'
import { OPERATIONS } from '../../operations/operations.ts'
import { validationFailed } from '../requests/validation.ts'
import { HttpProblem, shorten } from '../responses/problem.ts'
import type { ArrivingBodies } from './arriving-bodies.ts'
import { findPrecisionLoss } from './json-precision.ts'

/**
 * Reads JSON bodies, and no others. An empty one is none: many clients send the header even when
 * a body is optional. Bytes that are not UTF-8 are refused, where decoding would replace them.
 */
export function acceptJson(app: FastifyInstance, bodies: ArrivingBodies): void {
  app.removeAllContentTypeParsers()
  read(app, bodies, 'application/json', parse)
  read(app, bodies, '*', ({ headers }) => {
    const type = shorten(headers['content-type'] ?? 'no type')
    const { remedy } = ERROR_CODES.UNSUPPORTED_MEDIA_TYPE
    throw new HttpProblem('UNSUPPORTED_MEDIA_TYPE', `The body is of ${type}. ${remedy}`)
  })
}

/** A body that is not there has no type and no encoding, whatever the headers say. */
function read(
  app: FastifyInstance,
  bodies: ArrivingBodies,
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

/** @throws HttpProblem, or the SyntaxError of `JSON.parse`, which says where */
function parse(request: FastifyRequest, bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw new HttpProblem('MALFORMED_JSON', 'The body is not UTF-8.')
  const text = bytes.toString('utf8')
  // A byte order mark means nothing in UTF-8.
  const value: unknown = JSON.parse(text.startsWith('\ufeff') ? text.slice(1) : text)
  const { operationId } = request.routeOptions.config
  // What clients of some languages send for a body that they leave out.
  if (value === null && operationId && !OPERATIONS[operationId].body?.required) return undefined
  if (/__proto__|\\u/.test(text)) requireNoPrototype(value)
  // Of a registration everything comes back, so nothing may have changed; all else is not kept.
  if (operationId === 'registerAgent') {
    const loss = findPrecisionLoss(text, value)
    if (loss) throw validationFailed([loss])
  }
  return value
}

/** RFC 9110, 15.5.16: what the server would take is said in `Accept-Encoding`. */
function requireNoCoding({ headers }: FastifyRequest): void {
  const coding = headers['content-encoding'] ?? 'identity'
  if (coding.toLowerCase() === 'identity' || coding === '') return
  const { remedy } = ERROR_CODES.UNSUPPORTED_CONTENT_ENCODING
  throw new HttpProblem(
    'UNSUPPORTED_CONTENT_ENCODING',
    `The body is encoded with ${shorten(coding)}. ${remedy}`,
    { headers: { 'accept-encoding': 'identity' } },
  )
}

/**
 * Refuses `__proto__` as a key: programs that copy objects property by property would change the
 * prototype of the copy. `constructor` is a key like any other.
 */
function requireNoPrototype(body: unknown): void {
  const waiting = [{ value: body, pointer: '' }]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { value, pointer } = next
    if (typeof value !== 'object' || value === null) continue
    if (Object.hasOwn(value, '__proto__')) {
      const found = `${pointer}/__proto__`
      throw new HttpProblem(
        'MALFORMED_JSON',
        `The body has the key ${shorten(found)}. ${ERROR_CODES.MALFORMED_JSON.remedy}`,
        { errors: [{ pointer: found, message: 'is not allowed as a key' }] },
      )
    }
    for (const [key, inner] of Object.entries(value)) {
      if (typeof inner === 'object') {
        waiting.push({ value: inner, pointer: pointer + pointerSegment(key) })
      }
    }
  }
}
