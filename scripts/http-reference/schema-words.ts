import { AGENT_ID_PATTERN, PRINTABLE_PATTERN } from '@rollcall/protocol'

/** The keywords of an OpenAPI schema that a page shows. */
export interface SchemaObject {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly description?: string | undefined
  readonly default?: unknown
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly maxItems?: number
  readonly pattern?: string
  readonly patternErrorMessage?: string
  readonly format?: string
  readonly readOnly?: boolean
  readonly items?: SchemaObject
  readonly properties?: Readonly<Record<string, SchemaObject>>
  readonly required?: readonly string[]
  readonly additionalProperties?: SchemaObject | false
  readonly propertyNames?: { readonly pattern: string }
}

/** Descriptions of patterns that many fields share. */
const PATTERN_WORDS: Readonly<Record<string, string>> = {
  [AGENT_ID_PATTERN]: 'an [agent id](#agent-ids)',
  [PRINTABLE_PATTERN]: 'no control characters',
}

/** Returns the type of a value, such as `string or null`, `array of string`, or a link to a schema. */
export function typeWords(schema: SchemaObject): string {
  const { $ref, type, items, enum: values, additionalProperties, readOnly } = schema
  if ($ref !== undefined) return schemaLink($ref)
  if ('const' in schema) return `always \`${JSON.stringify(schema.const)}\``
  if (items)
    return orNull(type, `array of ${items.$ref ? schemaLink(items.$ref) : typeWords(items)}`)
  if (values) return orNull(type, values.map((value) => `\`${value}\``).join(', '))
  if (additionalProperties) return `object of ${typeWords(additionalProperties)} values`
  return [type ?? (readOnly ? 'any' : 'as described')].flat().join(' or ')
}

/** Returns the constraints of a value beyond its type; an empty string if there are none. */
export function limitWords(schema: SchemaObject): string {
  const { minimum, maximum, minLength, maxLength, maxItems, pattern, format, items } = schema
  const { patternErrorMessage: rule } = schema
  const each = items && !items.$ref ? limitWords(items) : ''
  const names = schema.propertyNames?.pattern
  return [
    range(minimum, maximum, ''),
    range(minLength, maxLength, ' characters'),
    range(undefined, maxItems, ' entries'),
    each && `each ${each}`,
    pattern &&
      (PATTERN_WORDS[pattern] ?? rule?.replace(/^must (?:be )?/, '') ?? `matches ${code(pattern)}`),
    names && `keys match ${code(names)}`,
    format === 'date-time' && 'RFC 3339, UTC, milliseconds',
  ]
    .filter(Boolean)
    .join('; ')
}

export function schemaLink(reference: string): string {
  const name = reference.split('/').at(-1) ?? ''
  return `[${name}](#${name.toLowerCase()})`
}

/** Escapes the text of a table cell. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}

export function code(text: string): string {
  return `\`${text}\``
}

export function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`
  return [line(columns), `|${'---|'.repeat(columns.length)}`, ...rows.map(line)].join('\n')
}

function orNull(type: SchemaObject['type'], words: string): string {
  return [type].flat().includes('null') ? `${words} or null` : words
}

function range(least: number | undefined, most: number | undefined, unit: string): string {
  const shown = (value: number) => value.toLocaleString('en-US')
  if (least === undefined && most === undefined) return ''
  if (least === undefined) return `at most ${shown(most ?? 0)}${unit}`
  if (most === undefined) return `at least ${shown(least)}${unit}`
  return least === most ? `${shown(least)}${unit}` : `${shown(least)} to ${shown(most)}${unit}`
}

/** Returns the anchor that GitHub generates for a heading. */
export function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, '')
    .replaceAll(' ', '-')
}
