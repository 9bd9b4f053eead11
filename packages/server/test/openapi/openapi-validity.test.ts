import { openApiDocument } from '@rollcall/server'
import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import { type JsonObject, OpenApiReader, visitObjects } from './support/openapi-reader.ts'

const reader = new OpenApiReader(openApiDocument('1.2.3'))
const schemas = Object.entries(reader.at('/components/schemas') as Record<string, JsonObject>)

test('the document is valid OpenAPI 3.1', async () => {
  const validator = new Validator()
  const { valid, errors } = await validator.validate({ ...reader.document })
  expect(errors).toBeUndefined()
  expect(valid).toBe(true)
  expect(validator.version).toBe('3.1')
})

test('the validator would say so if it were not', async () => {
  const { valid } = await new Validator().validate({ ...reader.document, paths: { x: 1 } })
  expect(valid).toBe(false)
})

test('the version is the one that was given', () => {
  expect(reader.at('/info/version')).toBe('1.2.3')
})

test('every reference leads somewhere', () => {
  const references: string[] = []
  visitObjects(reader.document, ({ $ref }) => {
    if (typeof $ref === 'string') references.push($ref)
  })
  expect(references.length).toBeGreaterThan(10)
  const broken = references.filter((ref) => !ref.startsWith('#/') || !reader.at(ref.slice(1)))
  expect(broken).toEqual([])
})

test('every schema that has a name is referred to', () => {
  const text = JSON.stringify(reader.document)
  // What a stream is made of is told in words: OpenAPI 3.1 has no schemas for that.
  const unused = schemas.filter(
    ([name]) => !text.includes(`"#/components/schemas/${name}"`) && !text.includes(`(\`${name}\`)`),
  )
  expect(unused.map(([name]) => name)).toEqual([])
})

/** A format of numbers, of any value. */
const NUMERIC = { type: 'number', validate: () => true } as const

/** A schema with references to others by their name alone, without the document around them. */
function standalone(schema: JsonObject): JsonObject {
  return JSON.parse(JSON.stringify(schema).replaceAll('#/components/schemas/', 'component:'))
}

test('the agent of an event is the Agent that has a name', () => {
  const agent = { $ref: '#/components/schemas/Agent' }
  expect(reader.at('/components/schemas/AgentEvent/properties/agent')).toEqual(agent)
  expect(reader.at('/components/schemas/SnapshotEvent/properties/agent')).toEqual(agent)
})

describe.each(schemas)('the schema %s', (_name, schema) => {
  test('is JSON Schema 2020-12 in its strictest reading', () => {
    const ajv = new Ajv2020({
      strict: true,
      allowUnionTypes: true,
      keywords: ['patternErrorMessage'],
    })
    ajv.addFormat('date-time', true)
    for (const format of ['int64', 'double']) ajv.addFormat(format, NUMERIC)
    for (const [name, other] of schemas) ajv.addSchema(standalone(other), `component:${name}`)
    expect(() => ajv.compile(standalone(schema))).not.toThrow()
  })

  test('holds nothing but JSON Schema', () => {
    // The library that makes the schemas has marks of its own, which no reader would know.
    const foreign: string[] = []
    visitObjects(schema, (object, pointer) => {
      for (const key of Object.keys(object))
        if (/^[~[]/.test(key)) foreign.push(`${pointer}/${key}`)
    })
    expect(foreign).toEqual([])
  })
})
