import { fromJsonSchema, type StandardSchemaWithJSON } from '@modelcontextprotocol/server'
import type { Schema } from '@rollcall/protocol/json-schema'
import { Validator } from '../requests/validation.ts'

const known = new WeakMap<Schema, StandardSchemaWithJSON>()

/** Returns a schema as the MCP SDK needs it, validated by the rules and with the messages of all other requests. */
export function standardSchema<T>(schema: Schema<T>): StandardSchemaWithJSON<T, T> {
  const before = known.get(schema)
  if (before !== undefined) return before as StandardSchemaWithJSON<T, T>
  const validator = new Validator<T>(schema)
  const converted = fromJsonSchema<T>(publishedSchema(schema), {
    getValidator: () => (input) => {
      const errors = validator.errorsOf(input)
      if (errors.length === 0) return { valid: true, data: input as never, errorMessage: undefined }
      const errorMessage = errors.map(({ pointer, message }) => `${pointer} ${message}`).join('; ')
      return { valid: false, data: undefined, errorMessage }
    },
  })
  known.set(schema, converted)
  return converted
}

/** Returns a schema without our own keyword, which strict validators of clients reject. */
function publishedSchema(schema: object): object {
  const { patternErrorMessage: _, ...keywords } = schema as Record<string, unknown>
  return Object.fromEntries(
    Object.entries(keywords).map(([keyword, value]) => [keyword, publishedPart(keyword, value)]),
  )
}

function publishedPart(keyword: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (keyword === 'items' || keyword === 'additionalProperties') return publishedSchema(value)
  if (keyword !== 'properties') return value
  return Object.fromEntries(
    Object.entries(value).map(([name, property]) => [name, publishedSchema(property)]),
  )
}
