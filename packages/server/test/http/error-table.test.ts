import { ERROR_CODES, type ErrorCode, ProblemDetails } from '@rollcall/protocol'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'
import { expectProblem } from '../../../../test/http/support/problem-expectation.ts'
import { PROVOCATIONS } from './support/error-provocations.ts'

const codes = Object.keys(ERROR_CODES) as ErrorCode[]
const isProblem = new Ajv2020().compile(ProblemDetails)

test('every code of the error table is provoked by this test', () => {
  expect(Object.keys(PROVOCATIONS).toSorted()).toEqual(codes.toSorted())
})

test('every code of the error table has a remedy', () => {
  for (const { title, remedy, status } of Object.values(ERROR_CODES)) {
    expect(title).toMatch(/^[A-Z].*[^.]$/)
    expect(remedy).toMatch(/^[A-Z].*\.$/)
    expect(status).toBeGreaterThanOrEqual(400)
  }
})

/** The statuses of errors that pass: the client is told when to try again. */
const RETRIED_LATER = new Set([429, 503, 507])

test.each(codes)('the response for %s conforms to the table and RFC 9457', async (code) => {
  const response = await PROVOCATIONS[code]()
  const problem = expectProblem(response, code)
  expect(isProblem(problem), JSON.stringify(isProblem.errors)).toBe(true)
  const { status } = ERROR_CODES[code]
  expect(response.headers.has('retry-after'), 'has a Retry-After header').toBe(
    RETRIED_LATER.has(status),
  )
  expect(response.headers.has('allow'), 'has an Allow header').toBe(status === 405)
  const hasOldest = problem.oldest_revision !== undefined
  expect(hasOldest, 'has the oldest revision').toBe(code === 'REVISION_GONE')
})
