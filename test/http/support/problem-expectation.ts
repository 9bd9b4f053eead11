import { ERROR_CODES, type ErrorCode, type ProblemDetails } from '@rollcall/protocol'
import { expect } from 'vitest'
import type { RawAnswer } from './raw-response.ts'
import type { Answer } from './response.ts'

/** What an answer must have to be judged, however it was read. */
interface ReadAnswer {
  readonly status: number
  readonly contentType: string | null | undefined
  readonly text: string
}

/** An answer of `fetch` or of a raw connection, as {@link expectProblem} reads it. */
function read(answer: Answer | RawAnswer): ReadAnswer {
  const contentType = answer.headers.get('content-type')
  const text = 'body' in answer ? answer.body.toString('utf8') : answer.text
  return { status: answer.status, contentType, text }
}

/**
 * Expects an error as the contract has it: RFC 9457, with the status and the title that the error
 * table gives the code, and with nothing in it that only the server's developers should see.
 */
export function expectProblem(answer: Answer | RawAnswer, code: ErrorCode): ProblemDetails {
  const { status, contentType, text } = read(answer)
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
  expect(text, 'a stack trace leaves the server').not.toMatch(/\\n\s+at |node:internal|\.ts:\d/)
  if (status === 400 || status === 422) {
    expect(problem, 'bad input is pointed at').toHaveProperty('errors')
  }
  return withPointers(problem as ProblemDetails)
}

/** Expects `VALIDATION_FAILED` that points at exactly these places, each as often as need be. */
export function expectPointers(answer: Answer | RawAnswer, ...pointers: string[]): void {
  const { errors = [] } = expectProblem(answer, 'VALIDATION_FAILED')
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
