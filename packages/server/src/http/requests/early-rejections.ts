import { ERROR_CODES, LIMITS } from '@rollcall/protocol'
import type { FastifyRequest } from 'fastify'
import { HttpProblem } from '../responses/problem.ts'
import { repeatedHeader } from './repeated-header.ts'
import { notFound } from './routing.ts'

/** Returns the error of a request that breaks a rule of HTTP. */
export function rejectMalformed(request: FastifyRequest): Error | undefined {
  if (request.raw.httpVersion === '1.1' && request.headers.host === undefined) {
    const detail = 'The request has no Host header; HTTP/1.1 requires it.'
    return new HttpProblem('MALFORMED_REQUEST', detail, { headers: { connection: 'close' } })
  }
  const repeated = repeatedHeader(request.raw)
  if (repeated !== undefined) {
    const detail = `The request has more than one ${repeated} header.`
    return new HttpProblem('MALFORMED_REQUEST', detail, { headers: { connection: 'close' } })
  }
  if (request.url.length > LIMITS.addressBytes) {
    const { remedy } = ERROR_CODES.URI_TOO_LONG
    return new HttpProblem('URI_TOO_LONG', `The URL has ${request.url.length} bytes. ${remedy}`)
  }
  return undefined
}

/** Returns the error of a request to an unknown route. */
export function rejectUnknown(request: FastifyRequest): Error | undefined {
  // The router also accepts an empty parameter: `/agents/`.
  const hasEmptyParameter = Object.values(request.params as object).includes('')
  // And it maps `*`, which only OPTIONS may request, to the root.
  const isUnknown = request.is404 || hasEmptyParameter || request.url === '*'
  return isUnknown ? notFound(request) : undefined
}
