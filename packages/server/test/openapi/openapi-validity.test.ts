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

test('the validator rejects an invalid document', async () => {
  const { valid } = await new Validator().validate({ ...reader.document, paths: { x: 1 } })
  expect(valid).toBe(false)
})

test('the version is the given one', () => {
  expect(reader.at('/info/version')).toBe('1.2.3')
})

test('every reference can be resolved', () => {
  const references: string[] = []
  visitObjects(reader.document, ({ $ref }) => {
    if (typeof $ref === 'string') references.push($ref)
  })
  expect(references.length).toBeGreaterThan(10)
  const broken = references.filter((ref) => !ref.startsWith('#/') || !reader.at(ref.slice(1)))
  expect(broken).toEqual([])
})

test('every named schema is referenced', () => {
  const text = JSON.stringify(reader.document)
  // The events of a stream are described as text: OpenAPI 3.1 has no schemas for them.
  const unused = schemas.filter(
    ([name]) => !text.includes(`"#/components/schemas/${name}"`) && !text.includes(`(\`${name}\`)`),
  )
  expect(unused.map(([name]) => name)).toEqual([])
})

/** A number format that accepts any value. */
const NUMERIC = { type: 'number', validate: () => true } as const

/** Returns a schema with references by name instead of by their place in the document. */
function standalone(schema: JsonObject): JsonObject {
  return JSON.parse(JSON.stringify(schema).replaceAll('#/components/schemas/', 'component:'))
}

test('the agent of an event references the named schema Agent', () => {
  const agent = { $ref: '#/components/schemas/Agent' }
  expect(reader.at('/components/schemas/AgentEvent/properties/agent')).toEqual(agent)
  expect(reader.at('/components/schemas/SnapshotEvent/properties/agent')).toEqual(agent)
})

describe.each(schemas)('the schema %s', (_name, schema) => {
  test('is strictly valid JSON Schema 2020-12', () => {
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

  test('contains only JSON Schema', () => {
    // The schema builders have internal markers, which must not leak into the document.
    const foreign: string[] = []
    visitObjects(schema, (object, pointer) => {
      for (const key of Object.keys(object))
        if (/^[~[]/.test(key)) foreign.push(`${pointer}/${key}`)
    })
    expect(foreign).toEqual([])
  })
})
