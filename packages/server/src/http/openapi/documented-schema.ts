import type { Schema } from '@rollcall/protocol/json-schema'

/** The relevant keywords. */
interface Keywords {
  readonly type?: string | readonly string[]
  readonly maximum?: number
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema | false
}

/** The largest signed 32-bit integer. */
const MAX_INT32 = 2 ** 31 - 1

/**
 * Returns a schema in its documented form, from which client generators create types that can hold
 * every value. It accepts the same values, except that a union of types becomes no type: most
 * generators do not support unions, and all of them treat a missing type as any JSON.
 *
 * @param inner converts nested schemas
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

/** Without a format, many generators choose 32-bit integers, and some 32-bit floats. */
function formatOf(type: string | undefined, { maximum = Infinity }: Keywords): string | undefined {
  if (type === 'number') return 'double'
  return type === 'integer' && maximum > MAX_INT32 ? 'int64' : undefined
}
