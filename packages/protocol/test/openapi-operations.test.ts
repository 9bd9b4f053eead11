import { describe, expect, test } from 'vitest'
import { ERROR_CODES, OPERATIONS, type Operation, openApiDocument } from '../src/index.ts'
import { OpenApiReader } from './openapi-reader.ts'

const reader = new OpenApiReader(openApiDocument('1.2.3'))
const contract: Readonly<Record<string, Operation>> = OPERATIONS
const tags = (reader.document.tags as { name: string }[]).map(({ name }) => name)

test('every call of the contract is in the document, under its own operationId', () => {
  const ids = reader.operations.map(({ operationId }) => operationId)
  expect(ids.toSorted()).toEqual(Object.keys(contract).toSorted())
})

describe.each(reader.operations.map((operation) => [operation.operationId, operation] as const))(
  '%s',
  (operationId, operation) => {
    const { path, parameters, responses } = operation

    test('says what it does', () => {
      expect(operation.summary).toMatch(/^[A-Z].{5,}[^.]$/)
      expect(operation.tags).toHaveLength(1)
      expect(tags).toEqual(expect.arrayContaining([...operation.tags]))
    })

    test('declares the parameters of its path, and only those', () => {
      const inPath = path.matchAll(/\{(\w+)\}/g).map(([, name]) => name)
      const declared = parameters.filter((parameter) => parameter.in === 'path')
      expect(declared.map(({ name }) => name)).toEqual(inPath.toArray())
      expect(declared.every(({ required }) => required)).toBe(true)
    })

    test('has a good answer with a schema', () => {
      const content = Object.entries(responses['200']?.content ?? {})
      expect(content).toHaveLength(1)
      for (const [mediaType, { schema }] of content) {
        expect(mediaType).toMatch(/^\w+\/[\w.+-]+$/)
        expect(Object.keys(reader.resolve(schema)).length).toBeGreaterThan(0)
      }
    })

    test('has an answer for each of its errors, which names the code', () => {
      for (const code of contract[operationId]?.errors ?? []) {
        const response = responses[ERROR_CODES[code].status]
        expect(response?.description, code).toContain(code)
        expect(response?.content?.['application/problem+json']?.schema).toEqual({
          $ref: '#/components/schemas/ProblemDetails',
        })
      }
    })

    test('has an answer for the errors that every call can have', () => {
      expect(Object.keys(responses)).toEqual(expect.arrayContaining(['200', '500', '503']))
    })

    test('has an answer for a parameter or a body that breaks a rule', () => {
      const canBreakRules = parameters.some((p) => p.in !== 'header') || operation.requestBody
      expect('422' in responses).toBe(Boolean(canBreakRules))
    })

    test('tells how it is answered conditionally, when it is', () => {
      const isConditional = Boolean(contract[operationId]?.conditional)
      expect('304' in responses).toBe(isConditional)
      expect(parameters.some(({ name }) => name === 'If-None-Match')).toBe(isConditional)
      expect('ETag' in (responses['200']?.headers ?? {})).toBe(isConditional)
    })
  },
)
