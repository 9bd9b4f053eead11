import { openApiDocument } from '@rollcall/server'
import { expect, test } from 'vitest'
import { type JsonObject, OpenApiReader, visitObjects } from './support/openapi-reader.ts'

const reader = new OpenApiReader(openApiDocument('1.2.3'))

/** An example or default of the document, and the pointer to its schema. */
interface ExampleValue {
  readonly title: string
  readonly schema: string
  readonly value: unknown
}

/** Collects every example and default of the document. */
function exampleValues(): ExampleValue[] {
  const found: ExampleValue[] = []
  visitObjects(reader.document, (object, pointer) => {
    // `properties` may contain a property of that name.
    if (pointer.endsWith('/properties')) return
    const { examples, example } = object
    const add = (name: string, schema: string, value: unknown) =>
      found.push({ title: `${name} at ${pointer}`, schema, value })
    if (Array.isArray(examples)) {
      for (const value of examples) add('an example', pointer, value)
    } else if (examples !== undefined) {
      for (const [name, one] of Object.entries(examples as Record<string, JsonObject>)) {
        add(`the example ${name}`, `${pointer}/schema`, one.value)
      }
    }
    if (example !== undefined) add('the example', `${pointer}/schema`, example)
    if ('default' in object) add('the default', pointer, object.default)
  })
  return found
}

const all = exampleValues()

test.each(all)('$title matches its schema', ({ schema, value }) => {
  expect(reader.problems(schema, value)).toEqual([])
})

test('the examples of parameters, schemas, requests, responses and errors are checked', () => {
  const places = [
    /^an example at \/components\/schemas\/Registration\/properties\/host$/,
    /^the default at \/components\/schemas\/Registration\/properties\/ttl_seconds$/,
    /^the example at .*\/parameters\/0$/,
    /^the example full at .*\/requestBody\/content\/application~1json$/,
    /^the example at .*\/responses\/200\/content\/application~1json$/,
    /^the example STORAGE_UNAVAILABLE at .*\/responses\/503\/content\/application~1problem\+json$/,
  ]
  for (const place of places)
    expect(
      all.some(({ title }) => place.test(title)),
      `${place}`,
    ).toBe(true)
})

test('every request body, response and error of every operation has an example', () => {
  const without: string[] = []
  visitObjects(reader.document.paths, (object, pointer) => {
    // Results of MCP have a `content` of their own.
    const isContent = /\/content\/[^/]+$/.test(pointer) && !pointer.includes('/example/')
    if (isContent && !('example' in object || 'examples' in object)) without.push(pointer)
  })
  expect(without).toEqual([])
})

test('every required parameter has an example', () => {
  const required = reader.operations.flatMap(({ parameters }) =>
    parameters.filter((p) => p.required),
  )
  expect(required.length).toBeGreaterThan(3)
  for (const parameter of required) expect(parameter).toHaveProperty('example')
})

test('an agent that consists only of examples and defaults can register', () => {
  const registration = '/components/schemas/Registration'
  const properties = reader.at(`${registration}/properties`) as Record<string, JsonObject>
  const agent = Object.entries(properties).flatMap(([name, { examples }]) =>
    Array.isArray(examples) ? [[name, examples[0]]] : [],
  )
  expect(agent.length).toBeGreaterThan(4)
  expect(reader.problems(registration, Object.fromEntries(agent))).toEqual([])
})
