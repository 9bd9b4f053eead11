import { ERROR_CODES, type ErrorCode } from '@rollcall/protocol'
import { OPERATIONS, type OperationId, openApiDocument } from '@rollcall/server'
import { expect, test } from 'vitest'
import { OpenApiReader } from './support/openapi-reader.ts'
import { provoke } from './support/problem-provocations.ts'

/** They ask no store, so nothing that a store does can go wrong with them. */
const WITHOUT_STORE: readonly OperationId[] = [
  'describeRegistry',
  'healthLive',
  'metrics',
  'openApiDocument',
]

/** Errors that only a bug of our own could cause. */
function canBeProvoked(operationId: OperationId, code: ErrorCode): boolean {
  if (WITHOUT_STORE.includes(operationId))
    return !['INTERNAL_ERROR', 'SHUTTING_DOWN'].includes(code)
  // A store with an unexpected failure is not ready, too.
  return !(operationId === 'healthReady' && code === 'INTERNAL_ERROR')
}

/** Each error of each operation, with the example that the document has of it. */
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

test('the document has an example of every error in the list of each operation', () => {
  for (const [operationId, { errors }] of Object.entries(OPERATIONS)) {
    const shown = EXAMPLES.filter((each) => each.operationId === operationId)
    expect(shown.map(({ code }) => code)).toEqual(expect.arrayContaining([...errors]))
    expect(new Set(shown.map(({ code }) => code)).size).toBe(shown.length)
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
  'a registry says of $operationId what the example of $code says',
  async ({ operationId, code, example }) => {
    const { status, body } = await provoke(operationId, code)
    const said = JSON.parse(body.toString())
    const isReadable = said.request_id !== 'none'
    expect(said).toEqual({ ...example, ...(isReadable && { request_id: said.request_id }) })
    expect(status).toBe(said.status)
  },
)
