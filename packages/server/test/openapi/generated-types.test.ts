import { Registration } from '@rollcall/protocol'
import { openApiDocument } from '@rollcall/server'
import { describe, expect, test } from 'vitest'
import { type JsonObject, OpenApiReader, visitObjects } from './support/openapi-reader.ts'

// The generated clients themselves are tested by: npm run test:generated-clients.

const reader = new OpenApiReader(openApiDocument('1.2.3'))

/** Every schema of the document with a type, and the pointer to it. */
const typed: (readonly [pointer: string, schema: JsonObject])[] = []
visitObjects(reader.document, (object, pointer) => {
  // A property may be called `type`, and an example may contain one.
  const isSchema = !/\/(?:examples?|default)\/|\/(?:example|default|properties)$/.test(pointer)
  if ('type' in object && isSchema) typed.push([pointer, object])
})
const typesOf = ({ type }: JsonObject) => [type].flat().filter((each) => each !== 'null')

test('the schemas of parameters, headers, bodies and components are checked', () => {
  const places = [/\/parameters\//, /\/headers\//, /^\/components\/.*\/properties\/load$/]
  for (const place of places)
    expect(
      typed.some(([pointer]) => place.test(pointer)),
      `${place}`,
    ).toBe(true)
})

test('no value has more than one type besides null', () => {
  expect(typed.filter(([, schema]) => typesOf(schema).length !== 1)).toEqual([])
})

test('numbers have 64 bits unless they fit into 32', () => {
  for (const [pointer, schema] of typed) {
    const [type] = typesOf(schema)
    const isSmall = Number(schema.maximum) < 2 ** 31
    if (type === 'number') expect(schema.format, pointer).toBe('double')
    if (type === 'integer') expect(schema.format, pointer).toBe(isSmall ? undefined : 'int64')
  }
})

describe.each(['Registration', 'Agent', 'RegisteredAgent'])('the metadata of %s', (name) => {
  const pointer = `/components/schemas/${name}/properties/metadata`

  test('have no type, and a description that lists the allowed types', () => {
    const { type, description } = reader.at(pointer) as JsonObject
    expect(type).toBeUndefined()
    expect(description).toMatch(/^A JSON object, a string that holds JSON, or null,/)
  })

  test.each([{ region: 'eu-1', gpu: { count: 2 } }, '{"region":"eu-1"}', null])(
    'may be %j',
    (metadata) => {
      expect(reader.problems(pointer, metadata)).toEqual([])
    },
  )
})

test('requests are validated against the types that the document omits', () => {
  const { metadata } = Registration.properties
  expect(metadata).toMatchObject({ type: ['object', 'string', 'null'] })
})
