import { openApiDocument } from '@rollcall/server'
import { expect, test } from 'vitest'
import { type JsonObject, OpenApiReader, visitObjects } from './support/openapi-reader.ts'

const reader = new OpenApiReader(openApiDocument('1.2.3'))

/** A value that the document shows, and the pointer to the schema that it must obey. */
interface Shown {
  readonly title: string
  readonly schema: string
  readonly value: unknown
}

/** Every value of the document that stands under a keyword, as an example or as a default. */
function shown(): Shown[] {
  const found: Shown[] = []
  visitObjects(reader.document, (object, pointer) => {
    // `properties` may well have a property of that name.
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

const all = shown()

test.each(all)('$title obeys its schema', ({ schema, value }) => {
  expect(reader.problems(schema, value)).toEqual([])
})

test('the examples of parameters, schemas, requests, responses and errors are looked at', () => {
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

test('every request body, response and error of every call has an example', () => {
  const without: string[] = []
  visitObjects(reader.document.paths, (object, pointer) => {
    const isContent = /\/content\/[^/]+$/.test(pointer)
    if (isContent && !('example' in object || 'examples' in object)) without.push(pointer)
  })
  expect(without).toEqual([])
})

test('what must be in the address of a call has an example', () => {
  const required = reader.operations.flatMap(({ parameters }) =>
    parameters.filter((p) => p.required),
  )
  expect(required.length).toBeGreaterThan(3)
  for (const parameter of required) expect(parameter).toHaveProperty('example')
})

test('an agent made of nothing but examples and defaults can register', () => {
  const registration = '/components/schemas/Registration'
  const properties = reader.at(`${registration}/properties`) as Record<string, JsonObject>
  const agent = Object.entries(properties).flatMap(([name, { examples }]) =>
    Array.isArray(examples) ? [[name, examples[0]]] : [],
  )
  expect(agent.length).toBeGreaterThan(4)
  expect(reader.problems(registration, Object.fromEntries(agent))).toEqual([])
})
