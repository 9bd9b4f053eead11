import { ERROR_CODES, type ErrorCode } from '@rollcall/protocol'
import { OPERATIONS, type OperationId, openApiDocument } from '@rollcall/server'
import { expect, test } from 'vitest'
import { OpenApiReader } from './support/openapi-reader.ts'
import { provoke } from './support/problem-provocations.ts'

/** Operations that do not use the store, so no error of the store can occur. */
const WITHOUT_STORE: readonly OperationId[] = [
  'describeRegistry',
  'healthLive',
  'metrics',
  'openApiDocument',
  'mcpServerCard',
  'whoami',
]

/** Excludes errors that only a bug could cause. */
function canBeProvoked(operationId: OperationId, code: ErrorCode): boolean {
  if (WITHOUT_STORE.includes(operationId))
    return !['INTERNAL_ERROR', 'SHUTTING_DOWN'].includes(code)
  // A store with an unexpected failure counts as not ready as well.
  return !(operationId === 'healthReady' && code === 'INTERNAL_ERROR')
}

/** Each error of each operation, with its example in the document. */
const EXAMPLES = new OpenApiReader(openApiDocument('1.2.3')).operations.flatMap(
  ({ operationId, responses }) =>
    Object.values(responses).flatMap(({ content }) => {
      const problem = Object.assign({ examples: {} }, content?.['application/problem+json'])
      const examples: Record<string, { value: object }> = problem.examples
      return Object.entries(examples).map(([code, { value }]) => ({
        operationId: operationId as OperationId,
        code: code as ErrorCode,
        example: value,
      }))
    }),
)

test('the document has an example of every listed error of each operation', () => {
  for (const [operationId, { errors }] of Object.entries(OPERATIONS)) {
    const codes = EXAMPLES.filter((each) => each.operationId === operationId).map((it) => it.code)
    expect(codes).toEqual(expect.arrayContaining([...errors]))
    expect(new Set(codes).size).toBe(codes.length)
  }
})

test.each(EXAMPLES)(
  'the example of $code for $operationId has its status and title',
  ({ code, example }) => {
    const { status, title } = ERROR_CODES[code]
    expect(example).toMatchObject({ code, status, title })
  },
)

test.each(EXAMPLES.filter(({ operationId, code }) => canBeProvoked(operationId, code)))(
  'a registry responds to $operationId with the example of $code',
  async ({ operationId, code, example }) => {
    const { status, body } = await provoke(operationId, code)
    const problem = JSON.parse(body.toString())
    const hasId = problem.request_id !== 'none'
    expect(problem).toEqual({ ...example, ...(hasId && { request_id: problem.request_id }) })
    expect(status).toBe(problem.status)
  },
)
