import { custom } from '@rollcall/protocol/json-schema'
import type { OpenParameter } from '../../operations/operation-parameters.ts'
import type { Operation } from '../../operations/operations.ts'
import { Validator, validationFailed } from '../requests/validation.ts'

/** What a query said. */
export interface ParsedQuery<T> {
  readonly known: T
  /** Parameters whose names were for the client to say, without their prefix, one for each value. */
  readonly open: readonly { readonly name: string; readonly value: string }[]
}

/** Reads the query of an address. Texts become what the schema asks for, and nothing else. */
export class QueryParameters<T> {
  readonly #schemas: NonNullable<Operation['query']>
  readonly #open: OpenParameter | undefined
  readonly #validator: Validator<Record<string, unknown>>

  constructor({ query = {}, openQuery }: Pick<Operation, 'query' | 'openQuery'>) {
    this.#schemas = query
    this.#open = openQuery
    const open = openQuery && {
      [`^${openQuery.prefix.replaceAll('.', '\\.')}.`]: {
        title: openQuery.title,
        type: 'array',
        items: openQuery.schema,
      },
    }
    const schema = custom<Record<string, unknown>>({
      type: 'object',
      properties: query,
      ...(open && { patternProperties: open }),
      additionalProperties: false,
    })
    this.#validator = new Validator(schema, '/query')
  }

  /** @throws HttpProblem `VALIDATION_FAILED`; an unknown parameter is told the known ones */
  parse(query: unknown): ParsedQuery<T> {
    const given = Object.entries(query as Record<string, string | string[]>)
    for (const [name] of given) this.#requireName(name)
    // Not by assignment: `__proto__` is a name like any other here.
    const typed = Object.fromEntries(given.map(([name, value]) => [name, this.#typed(name, value)]))
    const valid = Object.entries(this.#validator.parse(typed))
    const open = valid.filter(([name]) => this.#isOpen(name))
    return {
      known: Object.fromEntries(valid.filter(([name]) => !this.#isOpen(name))) as T,
      open: open.flatMap(([name, values]) =>
        (values as string[]).map((value) => ({
          name: name.slice(this.#open?.prefix.length),
          value,
        })),
      ),
    }
  }

  /** Generated clients may send what stands for a name in the documentation. */
  #requireName(name: string): void {
    if (this.#open === undefined || name !== this.#open.title) return
    throw validationFailed([{ pointer: `/query/${name}`, message: this.#open.remedy }])
  }

  #isOpen(name: string): boolean {
    return this.#open !== undefined && name.startsWith(this.#open.prefix)
  }

  #typed(name: string, given: string | string[]): unknown {
    if (this.#isOpen(name)) return [given].flat()
    switch ((this.#schemas[name] as { type?: string } | undefined)?.type) {
      case 'array':
        return [given].flat()
      case 'boolean':
        return toBoolean(given)
      case 'integer':
        return typeof given === 'string' && /^\d{1,30}$/.test(given) ? Number(given) : given
      default:
        return given
    }
  }
}

/** `true`, `false`, `1`, `0` in any case: what clients of all languages make of a boolean. */
function toBoolean(given: string | string[]): unknown {
  if (typeof given !== 'string') return given
  const word = given.toLowerCase()
  if (word === 'true' || word === '1') return true
  if (word === 'false' || word === '0') return false
  return given
}
