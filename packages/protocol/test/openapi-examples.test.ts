import { expect, test } from 'vitest'
import { openApiDocument } from '../src/index.ts'
import { type JsonObject, OpenApiReader, visitObjects } from './openapi-reader.ts'

const reader = new OpenApiReader(openApiDocument('1.2.3'))

/** Pointers to the schemas of the document that show a value, and the values. */
function shown(keyword: 'examples' | 'default'): [pointer: string, values: readonly unknown[]][] {
  const found: [string, readonly unknown[]][] = []
  visitObjects(reader.document, (object, pointer) => {
    // `properties` may well have a property of that name.
    if (pointer.endsWith('/properties') || !(keyword in object)) return
    const value = object[keyword]
    found.push([pointer, keyword === 'examples' ? (value as unknown[]) : [value]])
  })
  return found
}

test.each(shown('examples'))('the examples at %s obey their schema', (pointer, examples) => {
  expect(examples.length).toBeGreaterThan(0)
  expect(examples.flatMap((example) => reader.problems(pointer, example))).toEqual([])
})

test.each(shown('default'))('the default at %s obeys its schema', (pointer, [value]) => {
  expect(reader.problems(pointer, value)).toEqual([])
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
