import { ERROR_CODES, type ErrorCode, type ProblemDetails } from '@rollcall/protocol'
import { expect } from 'vitest'
import type { RawResponse } from './raw-response.ts'
import type { Answer } from './response.ts'

/** The parts of a response to check, however it was read. */
interface ReadResponse {
  readonly status: number
  readonly contentType: string | null | undefined
  readonly text: string
}

/** Reads a response of `fetch` or of a raw connection. */
function read(response: Answer | RawResponse): ReadResponse {
  const contentType = response.headers.get('content-type')
  const text = 'body' in response ? response.body.toString('utf8') : response.text
  return { status: response.status, contentType, text }
}

/**
 * Expects an error as in the contract: RFC 9457, with the status and the title from the error
 * table, and without internal details.
 */
export function expectProblem(response: Answer | RawResponse, code: ErrorCode): ProblemDetails {
  const { status, contentType, text } = read(response)
  expect(text, 'an error has a body').not.toBe('')
  const problem: unknown = JSON.parse(text)
  expect(problem).toMatchObject({
    type: `urn:rollcall:error:${code}`,
    title: ERROR_CODES[code].title,
    status: ERROR_CODES[code].status,
    detail: expect.stringMatching(/./),
    code,
    request_id: expect.stringMatching(/./),
  })
  expect(status).toBe(ERROR_CODES[code].status)
  expect(contentType).toMatch(/^application\/problem\+json\b/)
  expect(text, 'no stack trace leaves the server').not.toMatch(/\\n\s+at |node:internal|\.ts:\d/)
  if (status === 400 || status === 422) {
    expect(problem, 'invalid input has a pointer').toHaveProperty('errors')
  }
  return withPointers(problem as ProblemDetails)
}

/** Expects `VALIDATION_FAILED` with exactly these pointers, repeated as often as given. */
export function expectPointers(response: Answer | RawResponse, ...pointers: string[]): void {
  const { errors = [] } = expectProblem(response, 'VALIDATION_FAILED')
  expect(new Set(errors.map(({ pointer }) => pointer))).toEqual(new Set(pointers))
}

function withPointers(problem: ProblemDetails): ProblemDetails {
  if (problem.errors === undefined) return problem
  expect(problem.errors.length, 'a list of errors has an entry').toBeGreaterThan(0)
  for (const error of problem.errors) {
    expect(error.pointer).toMatch(/^(\/.*)?$/s)
    expect(error.message).toMatch(/./)
  }
  return problem
}
