import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'

export type JsonObject = Readonly<Record<string, unknown>>

interface OpenApiParameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required: boolean
  readonly description?: string
  readonly schema: JsonObject
}

/** One operation, as a client generator reads it. */
export interface OpenApiOperation {
  readonly operationId: string
  /** `GET` */
  readonly method: string
  /** `/agents/{agent_id}` */
  readonly path: string
  /** JSON pointer to it in the document. */
  readonly pointer: string
  readonly summary: string
  readonly tags: readonly string[]
  readonly parameters: readonly OpenApiParameter[]
  readonly requestBody?: {
    readonly required: boolean
    readonly content: Readonly<Record<string, { readonly schema: JsonObject }>>
  }
  /** By status. */
  readonly responses: Readonly<Record<string, OpenApiResponse>>
}

interface OpenApiResponse {
  readonly description: string
  readonly headers?: JsonObject
  /** By media type. */
  readonly content?: Readonly<Record<string, { readonly schema: JsonObject }>>
}

/** RFC 3339 in UTC with milliseconds: the format that the contract uses for `date-time`. */
const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
const ROOT = 'openapi.json'

/** An OpenAPI document as its consumers see it: parsed from JSON, with resolvable references. */
export class OpenApiReader {
  readonly document: JsonObject
  readonly operations: readonly OpenApiOperation[]
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true })
  readonly #validators = new Map<string, ValidateFunction>()

  /** @param document any document; only what survives JSON counts */
  constructor(document: unknown) {
    this.document = JSON.parse(JSON.stringify(document))
    this.#ajv.addFormat('date-time', DATE_TIME)
    this.#ajv.addFormat('int64', { type: 'number', validate: Number.isSafeInteger })
    this.#ajv.addFormat('double', { type: 'number', validate: Number.isFinite })
    this.#ajv.addSchema(this.document, ROOT)
    this.operations = operationsOf(this.document)
  }

  /** Returns the part of the document at a JSON pointer, or undefined. */
  at(pointer: string): unknown {
    return pointer
      .split('/')
      .slice(1)
      .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
      .reduce<unknown>((value, key) => (value as JsonObject | undefined)?.[key], this.document)
  }

  /** Resolves the reference of a schema, if it is one. */
  resolve(schema: JsonObject): JsonObject {
    const { $ref } = schema
    if (typeof $ref !== 'string') return schema
    return this.resolve(this.at($ref.slice(1)) as JsonObject)
  }

  /** Validates a value against the schema at a JSON pointer. Returns the errors. */
  problems(schemaPointer: string, value: unknown): string[] {
    const validate = this.#validator(schemaPointer)
    if (validate(value)) return []
    return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`)
  }

  #validator(pointer: string): ValidateFunction {
    const known = this.#validators.get(pointer)
    if (known) return known
    const validator = this.#ajv.compile({ $ref: `${ROOT}#${encodeURI(pointer)}` })
    this.#validators.set(pointer, validator)
    return validator
  }
}

/** Returns the pointer to a key below a pointer. */
export function pointerTo(pointer: string, ...keys: readonly string[]): string {
  const escaped = keys.map((key) => key.replaceAll('~', '~0').replaceAll('/', '~1'))
  return [pointer, ...escaped].join('/')
}

/** Calls a visitor with every object in a value, and the pointer to it. */
export function visitObjects(
  value: unknown,
  visit: (object: JsonObject, pointer: string) => void,
  pointer = '',
): void {
  if (typeof value !== 'object' || value === null) return
  if (!Array.isArray(value)) visit(value as JsonObject, pointer)
  for (const [key, part] of Object.entries(value)) {
    visitObjects(part, visit, pointerTo(pointer, key))
  }
}

function operationsOf(document: JsonObject): OpenApiOperation[] {
  const paths = document.paths as Readonly<Record<string, Record<string, OpenApiOperation>>>
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...operation,
      path,
      method: method.toUpperCase(),
      pointer: pointerTo('/paths', path, method),
    })),
  )
}
