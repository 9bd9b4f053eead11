import type { Schema } from '@rollcall/protocol/json-schema'

/** The keywords that matter here. */
interface Keywords {
  readonly type?: string | readonly string[]
  readonly maximum?: number
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema | false
}

/** The largest integer that 32 bits hold. */
const MAX_INT32 = 2 ** 31 - 1

/**
 * Returns a schema in the form that the document shows, from which generators of clients make types
 * that hold every value. It accepts what the schema accepts, except that a value of several types
 * has none here: most generators know no union of types, and all of them take the absence of a type
 * for any JSON.
 *
 * @param inner makes that form of the schemas within
 */
export function documentedSchema(schema: Schema, inner: (schema: Schema) => object): object {
  const { items, properties, additionalProperties } = schema as Keywords
  return {
    ...typed(schema),
    ...(items && { items: inner(items) }),
    ...(properties && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, property]) => [name, inner(property)]),
      ),
    }),
    ...(additionalProperties && { additionalProperties: inner(additionalProperties) }),
  }
}

function typed(schema: Schema): object {
  const { type, ...untyped } = schema as Keywords
  const types = [type ?? []].flat().filter((each) => each !== 'null')
  if (types.length > 1) return untyped
  const format = formatOf(types[0], untyped)
  return format === undefined ? schema : { ...schema, format }
}

/** Without a format many generators take integers of 32 bits, and some floats of 32 bits. */
function formatOf(type: string | undefined, { maximum = Infinity }: Keywords): string | undefined {
  if (type === 'number') return 'double'
  return type === 'integer' && maximum > MAX_INT32 ? 'int64' : undefined
}
