import { ERROR_CODES, type ErrorCode, ProblemDetails } from '@rollcall/protocol'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'
import { expectProblem } from '../../../../test/http/support/problem-expectation.ts'
import { PROVOCATIONS } from './support/error-provocations.ts'

const codes = Object.keys(ERROR_CODES) as ErrorCode[]
const isProblem = new Ajv2020().compile(ProblemDetails)

test('every code of the error table is provoked here', () => {
  expect(Object.keys(PROVOCATIONS).toSorted()).toEqual(codes.toSorted())
})

test('every code of the error table says what to do', () => {
  for (const { title, remedy, status } of Object.values(ERROR_CODES)) {
    expect(title).toMatch(/^[A-Z].*[^.]$/)
    expect(remedy).toMatch(/^[A-Z].*\.$/)
    expect(status).toBeGreaterThanOrEqual(400)
  }
})

test.each(codes)('%s is answered as the table and RFC 9457 have it', async (code) => {
  const answer = await PROVOCATIONS[code]()
  const problem = expectProblem(answer, code)
  expect(isProblem(problem), JSON.stringify(isProblem.errors)).toBe(true)
  const { status } = ERROR_CODES[code]
  expect(answer.headers.has('retry-after'), 'says when to try again').toBe(status === 503)
  expect(answer.headers.has('allow'), 'says what is allowed').toBe(status === 405)
  const saysOldest = problem.oldest_revision !== undefined
  expect(saysOldest, 'says what is still there').toBe(code === 'REVISION_GONE')
})
