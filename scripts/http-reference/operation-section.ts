import { code, limitWords, type SchemaObject, table, typeWords } from './schema-words.ts'

interface Parameter {
  readonly name: string
  readonly in: string
  readonly required: boolean
  readonly description: string
  readonly schema: SchemaObject
}

interface Content {
  readonly schema: SchemaObject
  readonly example?: unknown
  readonly examples?: Readonly<Record<string, { summary: string; value: unknown }>>
}

interface Response {
  readonly description: string
  readonly headers?: Readonly<Record<string, { description: string; schema: SchemaObject }>>
  readonly content?: Readonly<Record<string, Content>>
}

/** An operation of an OpenAPI document, with its method and path. */
export interface OperationObject {
  readonly operationId: string
  readonly method: string
  readonly path: string
  readonly tags: readonly string[]
  readonly summary: string
  readonly description?: string
  readonly parameters: readonly Parameter[]
  readonly requestBody?: { readonly required: boolean; readonly content: Response['content'] }
  readonly responses: Readonly<Record<string, Response>>
  readonly 'x-codeSamples': readonly { readonly source: string }[]
}

/** Parts that many operations share and that are described once, in a separate section. */
export interface SharedParts {
  /** Names of the parameters that select agents. */
  readonly filters: ReadonlySet<string>
  /** Codes of the errors that every operation can return. */
  readonly errors: ReadonlySet<string>
}

/** Maximum length of an example, in lines; longer ones only repeat a schema. */
const MAX_EXAMPLE_LINES = 24

/** Returns the section on an operation: command, request, parameters, response and errors. */
export function operationSection(operation: OperationObject, shared: SharedParts): string[] {
  const { method, path, summary, description, responses } = operation
  const sentence = /[.?]$/.test(summary) ? summary : `${summary}.`
  return [
    `### ${code(`${method} ${path}`)}`,
    [sentence, description].filter(Boolean).join(' '),
    ['```sh', operation['x-codeSamples'][0]?.source, '```'].join('\n'),
    ...requestWords(operation),
    ...parameterWords(operation.parameters, shared),
    ...responseWords(responses['200']),
    ...errorWords(responses, shared),
  ]
}

function requestWords({ requestBody }: OperationObject): string[] {
  const content = requestBody?.content?.['application/json']
  if (requestBody === undefined || content === undefined) return []
  const others = Object.values(content.examples ?? {}).slice(1)
  return [
    `**Body** (${requestBody.required ? 'required' : 'optional'}): ${typeWords(content.schema)}` +
      `${content.schema.$ref ? '' : `; ${limitWords(content.schema)}`}.`,
    ...others.map(({ summary, value }) => `${summary}: ${code(JSON.stringify(value))}`),
  ]
}

function parameterWords(parameters: readonly Parameter[], { filters }: SharedParts): string[] {
  const own = parameters.filter(({ name }) => !filters.has(name))
  const isFiltered = own.length < parameters.length
  return [
    ...(isFiltered
      ? [`**Query parameters**: the [filters](#filters)${own.length ? ', and:' : '.'}`]
      : []),
    ...(own.length > 0 ? [parameterTable(own)] : []),
  ]
}

/** Returns a table of path, query and header parameters. */
export function parameterTable(parameters: readonly Parameter[]): string {
  return table(
    ['parameter', 'in', 'type', 'limits', 'default', 'meaning'],
    parameters.map(({ name, in: place, required, description, schema }) => [
      code(name),
      place,
      name.includes('KEY') ? 'string' : typeWords(schema),
      limitWords(
        name.includes('KEY') && schema.additionalProperties ? schema.additionalProperties : schema,
      ),
      required ? 'required' : schema.default === undefined ? '' : code(String(schema.default)),
      description,
    ]),
  )
}

function responseWords(response: Response | undefined): string[] {
  const [[mediaType, content] = []] = Object.entries(response?.content ?? {})
  if (!content) return []
  const headers = Object.keys(response?.headers ?? {}).map(
    (name) => `[${code(name)}](#response-headers)`,
  )
  const body = mediaType === 'application/json' ? typeWords(content.schema) : code(mediaType ?? '')
  const example =
    typeof content.example === 'string'
      ? content.example.trimEnd()
      : JSON.stringify(content.example, undefined, 2)
  const isShort = example.split('\n').length <= MAX_EXAMPLE_LINES
  return [
    `**Response** \`200\`: ${body}${headers.length > 0 ? `, with the headers ${headers.join(', ')}` : ''}.`,
    ...(isShort
      ? [[mediaType === 'application/json' ? '```json' : '```text', example, '```'].join('\n')]
      : []),
  ]
}

function errorWords(responses: OperationObject['responses'], shared: SharedParts): string[] {
  const codes = Object.entries(responses).flatMap(([status, { content }]) =>
    Object.keys(content?.['application/problem+json']?.examples ?? {})
      .filter((name) => !shared.errors.has(name))
      .map((name) => `${status} ${code(name)}`),
  )
  const unchanged = responses['304'] ? ['304 when nothing visible has changed'] : []
  const all = [...unchanged, ...codes]
  return all.length === 0 ? [] : [`**Other responses**: ${all.join(', ')}.`]
}
