import { AGENT_DETAILS, ERROR_CODES, EVENT_TYPES } from '@rollcall/protocol'
import { OPERATIONS, type Operation, openApiDocument } from '@rollcall/server'
import { describe, expect, test } from 'vitest'
import { OpenApiReader } from './support/openapi-reader.ts'

const reader = new OpenApiReader(openApiDocument('1.2.3'))
const contract: Readonly<Record<string, Operation>> = OPERATIONS
const tags = (reader.document.tags as { name: string }[]).map(({ name }) => name)

test('every operation of the contract is in the document, with its operationId', () => {
  const ids = reader.operations.map(({ operationId }) => operationId)
  expect(ids.toSorted()).toEqual(Object.keys(contract).toSorted())
})

describe.each(reader.operations.map((operation) => [operation.operationId, operation] as const))(
  '%s',
  (operationId, operation) => {
    const { path, parameters, responses } = operation

    test('has a summary', () => {
      expect(operation.summary).toMatch(/^[A-Z].{5,}[^.]$/)
      expect(operation.tags).toHaveLength(1)
      expect(tags).toEqual(expect.arrayContaining([...operation.tags]))
    })

    test('declares exactly the parameters of its path', () => {
      const inPath = path.matchAll(/\{(\w+)\}/g).map(([, name]) => name)
      const declared = parameters.filter((parameter) => parameter.in === 'path')
      expect(declared.map(({ name }) => name)).toEqual(inPath.toArray())
      expect(declared.every(({ required }) => required)).toBe(true)
    })

    test('has a successful response with a schema', () => {
      const content = Object.entries(responses['200']?.content ?? {})
      const { stream, cloudEvents, page } = contract[operationId] ?? {}
      const [first, ...others] = content.map(([mediaType]) => mediaType)
      const { mediaType } = contract[operationId] ?? {}
      if (mediaType === undefined) expect(first).toMatch(/^(application\/json|text\/plain)$/)
      else expect(first).toBe(mediaType)
      expect(others).toEqual([
        ...(stream === undefined ? [] : ['text/event-stream']),
        ...(cloudEvents === undefined ? [] : ['application/cloudevents-batch+json']),
        ...(page === undefined ? [] : ['text/html']),
      ])
      for (const [, { schema }] of content) {
        expect(Object.keys(reader.resolve(schema)).length).toBeGreaterThan(0)
      }
    })

    test('has a response for each of its errors, which contains the code', () => {
      for (const code of contract[operationId]?.errors ?? []) {
        const response = responses[ERROR_CODES[code].status]
        expect(response?.description, code).toContain(code)
        expect(response?.content?.['application/problem+json']?.schema).toEqual({
          $ref: '#/components/schemas/ProblemDetails',
        })
      }
    })

    test('has a response for the errors that every operation can have', () => {
      expect(Object.keys(responses)).toEqual(expect.arrayContaining(['200', '500', '503']))
    })

    test('has a response for an invalid parameter or body', () => {
      const hasInput = parameters.some((p) => p.in !== 'header') || operation.requestBody
      // ARD has a status of its own for them.
      const status = contract[operationId]?.errors.includes('INVALID_ARGUMENT') ? '400' : '422'
      expect(status in responses).toBe(Boolean(hasInput) || status === '400')
      expect('422' in responses).toBe(Boolean(hasInput) && status === '422')
    })

    test('declares every parameter of its query, with a schema and a description', () => {
      const names = Object.keys(contract[operationId]?.query ?? {})
      const declared = parameters.filter((parameter) => parameter.in === 'query')
      expect(declared.map(({ name }) => name)).toEqual(names)
      for (const { name, required, description, schema } of declared) {
        expect(required, name).toBe(false)
        expect(description, name).toMatch(/^[A-Z].*\.$/s)
        expect(Object.keys(reader.resolve(schema)).length, name).toBeGreaterThan(0)
      }
    })

    test('declares the headers that it evaluates and sends', () => {
      const { requestHeaders = {}, responseHeaders = {}, conditional } = contract[operationId] ?? {}
      const requested = parameters.filter((parameter) => parameter.in === 'header')
      const sent = Object.keys(responses['200']?.headers ?? {})
      const isConditional = Boolean(conditional)
      expect(requested.map(({ name }) => name).toSorted()).toEqual(
        [...Object.keys(requestHeaders), ...(isConditional ? ['If-None-Match'] : [])].toSorted(),
      )
      expect(sent.toSorted()).toEqual(
        [...Object.keys(responseHeaders), ...(isConditional ? ['ETag'] : [])].toSorted(),
      )
    })

    test('declares conditional responses, if it supports them', () => {
      const isConditional = Boolean(contract[operationId]?.conditional)
      expect('304' in responses).toBe(isConditional)
      expect(parameters.some(({ name }) => name === 'If-None-Match')).toBe(isConditional)
      expect('ETag' in (responses['200']?.headers ?? {})).toBe(isConditional)
    })
  },
)

/** Returns the names of the query parameters of an operation. */
const queryOf = (operationId: string) =>
  reader.operations
    .find((operation) => operation.operationId === operationId)
    ?.parameters.filter((parameter) => parameter.in === 'query')
    .map(({ name }) => name)

const DETAILS = AGENT_DETAILS.flatMap(({ wireName, isFilter }) => (isFilter ? wireName : []))
const FILTER = [
  ...[
    'agent_id',
    'name',
    'capability',
    'tag',
    'status',
    ...DETAILS,
    'metadata',
    'q',
    'include_dead',
  ],
]

test.each([
  ['listAgents', [...FILTER, 'sort', 'limit', 'cursor']],
  ['listEvents', [...FILTER, 'since', 'limit', 'snapshot', 'loads']],
  ['prometheusTargets', FILTER],
  ['agentEvents', ['limit', 'before']],
])('%s has a stable set of parameters', (operationId, names) => {
  expect(queryOf(operationId)).toEqual(names)
})

test('metadata conditions are a list, which every generated client can send', () => {
  for (const { operationId, parameters } of reader.operations) {
    const metadata = parameters.find(({ name }) => name === 'metadata')
    if (!queryOf(operationId)?.includes('metadata')) continue
    expect(metadata?.schema).toMatchObject({ type: 'array', items: { type: 'string' } })
  }
})

describe('the stream of events', () => {
  const listEvents = reader.operations.find(({ operationId }) => operationId === 'listEvents')
  const response = listEvents?.responses['200']

  test('is described with each type of event', () => {
    const types = [...EVENT_TYPES, 'snapshot', 'synced', 'bookmark', 'reset', 'closing', 'loads']
    for (const type of types) expect(response?.description).toContain(`\`${type}\``)
  })

  test('is text, in addition to the JSON of the pages', () => {
    expect(response?.content?.['text/event-stream']?.schema).toEqual({ type: 'string' })
    expect(response?.content?.['application/json']?.schema).toMatchObject({
      type: 'array',
      items: { $ref: '#/components/schemas/AgentEvent' },
    })
  })
})
