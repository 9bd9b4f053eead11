import {
  code,
  limitWords,
  type SchemaObject,
  schemaLink,
  table,
  typeWords,
} from './schema-words.ts'

type Schemas = Readonly<Record<string, SchemaObject>>

/** Returns a section on a schema that has a name: a row for each field, with what is in it. */
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
      ? [
          `A client that sends back what it read may leave in ${ignored.join(', ')}: they are ignored.`,
        ]
      : []),
    ...(schema.additionalProperties === false ? ['Any other field is an error.'] : []),
  ]
}

/** The schema whose fields all are in another one, too: the same fields are listed once. */
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

/** A row for a field, and one for each field of the objects in it. */
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
