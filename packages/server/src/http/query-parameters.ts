import type { Operation } from '@rollcall/protocol'
import Type from 'typebox'
import { Validator } from './validation.ts'

/** Reads the query of an address. Texts become what the schema asks for, and nothing else. */
export class QueryParameters<T> {
  readonly #schemas: NonNullable<Operation['query']>
  readonly #validator: Validator<T>

  constructor(schemas: NonNullable<Operation['query']>) {
    this.#schemas = schemas
    const optional = Object.entries(schemas).map(([name, schema]) => [name, Type.Optional(schema)])
    this.#validator = new Validator<T>(
      Type.Object(Object.fromEntries(optional), { additionalProperties: false }),
      '/query',
    )
  }

  /** @throws HttpProblem `VALIDATION_FAILED`; an unknown parameter is told the known ones */
  parse(query: unknown): T {
    const typed = Object.entries(query as Record<string, unknown>).map(([name, given]) => {
      const type = (this.#schemas[name] as { type?: string } | undefined)?.type
      return [name, type === 'boolean' ? toBoolean(given) : given]
    })
    // Not by assignment: `__proto__` is a name like any other here.
    return this.#validator.parse(Object.fromEntries(typed))
  }
}

/** `true`, `false`, `1`, `0` in any case: what clients of all languages make of a boolean. */
function toBoolean(given: unknown): unknown {
  if (typeof given !== 'string') return given
  const word = given.toLowerCase()
  if (word === 'true' || word === '1') return true
  if (word === 'false' || word === '0') return false
  return given
}
