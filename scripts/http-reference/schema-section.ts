import {
  code,
  limitWords,
  type SchemaObject,
  schemaLink,
  table,
  typeWords,
} from './schema-words.ts'

type Schemas = Readonly<Record<string, SchemaObject>>

/** Returns the section on a named schema: one row per field, including nested fields. */
export function schemaSection(name: string, schemas: Schemas): string[] {
  const schema = schemas[name] ?? {}
  const [base, shared] = baseOf(name, schemas)
  const fields = Object.entries(schema.properties ?? {})
  const ignored = fields.filter(([, { readOnly }]) => readOnly).map(([field]) => code(field))
  const own = fields.filter(([field, { readOnly }]) => !readOnly && !shared.has(field))
  const isResponse = own.every(([field]) => schema.required?.includes(field))
  return [
    `### ${name}`,
    ...(schema.description ? [schema.description] : []),
    ...(base ? [`Has all fields of ${schemaLink(base)}, and:`] : []),
    table(
      ['field', 'type', 'limits', ...(isResponse ? [] : ['required, or default']), 'meaning'],
      own.flatMap(([field, property]) => rows(field, property, { owner: schema, isResponse })),
    ),
    ...(ignored.length > 0
      ? [`A client may send an agent as it was read: ${ignored.join(', ')} are ignored.`]
      : []),
    ...(schema.additionalProperties === false ? ['Any other field is an error.'] : []),
  ]
}

/** Finds a schema whose fields are a subset of this one, so that shared fields are listed once. */
function baseOf(name: string, schemas: Schemas): [string | undefined, ReadonlySet<string>] {
  const own = schemas[name]?.properties ?? {}
  const base = Object.entries(schemas).find(([other, { properties = {} }]) => {
    const fields = Object.entries(properties)
    const isInOwn = ([field, property]: [string, SchemaObject]) =>
      JSON.stringify(own[field]) === JSON.stringify(property)
    return other !== name && fields.length > 5 && fields.every(isInOwn)
  })
  return [base?.[0], new Set(Object.keys(base?.[1].properties ?? {}))]
}

/** Returns a row for a field, and one for each nested field. */
function rows(
  field: string,
  schema: SchemaObject,
  place: { owner: SchemaObject; isResponse: boolean },
): string[][] {
  const isList = schema.items !== undefined
  const inner = schema.items ?? schema
  const path = field.split('.').at(-1)?.replace('[]', '') ?? ''
  const presence = place.owner.required?.includes(path)
    ? 'required'
    : schema.default === undefined
      ? ''
      : code(JSON.stringify(schema.default))
  const row = [
    code(field),
    typeWords(schema),
    limitWords(schema),
    ...(place.isResponse ? [] : [presence]),
    schema.description ?? '',
  ]
  const within = inner.$ref === undefined ? Object.entries(inner.properties ?? {}) : []
  return [
    row,
    ...within.flatMap(([name, property]) =>
      rows(`${field}${isList ? '[]' : ''}.${name}`, property, { ...place, owner: inner }),
    ),
  ]
}
