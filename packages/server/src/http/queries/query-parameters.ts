import { custom, type Schema, type Static } from '@rollcall/protocol/json-schema'
import type { Operation } from '../../operations/operation.ts'
import type { OpenParameter } from '../../operations/operation-parameters.ts'
import { Validator, validationFailed } from '../requests/validation.ts'

/** The parsed values of query parameters, any of which may be missing. */
export type ParameterValues<Parameters extends Readonly<Record<string, Schema>>> = {
  readonly [Name in keyof Parameters]?: Static<Parameters[Name]>
}

/** A parsed query. */
export interface ParsedQuery<T> {
  readonly known: T
  /** Parameters with arbitrary names, without their prefix, one entry per value. */
  readonly open: readonly { readonly name: string; readonly value: string }[]
}

/** Parses the query of a URL. Values are converted only to the types in the schema. */
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

  /** @throws HttpProblem `VALIDATION_FAILED`; for an unknown parameter, it lists the known ones */
  parse(query: unknown): ParsedQuery<T> {
    const entries = Object.entries(query as Record<string, string | string[]>)
    for (const [name] of entries) this.#rejectPlaceholder(name)
    // Not by assignment, because `__proto__` is an ordinary name here.
    const typed = Object.fromEntries(
      entries.map(([name, value]) => [name, this.#typed(name, value)]),
    )
    const known: Record<string, unknown> = {}
    const open: { name: string; value: string }[] = []
    for (const [name, value] of Object.entries(this.#validator.parse(typed))) {
      if (!this.#isOpen(name)) known[name] = value
      else {
        const ownName = name.slice(this.#open?.prefix.length)
        for (const each of value as string[]) open.push({ name: ownName, value: each })
      }
    }
    return { known: known as T, open }
  }

  /** Generated clients may send the placeholder of the documentation instead of a name. */
  #rejectPlaceholder(name: string): void {
    if (this.#open === undefined || name !== this.#open.title) return
    throw validationFailed([{ pointer: `/query/${name}`, message: this.#open.remedy }])
  }

  #isOpen(name: string): boolean {
    return this.#open !== undefined && name.startsWith(this.#open.prefix)
  }

  #typed(name: string, value: string | string[]): unknown {
    if (this.#isOpen(name)) return listOf(value)
    switch ((this.#schemas[name] as { type?: string } | undefined)?.type) {
      case 'array':
        return listOf(value)
      case 'boolean':
        return toBoolean(value)
      case 'integer':
        return typeof value === 'string' && /^\d{1,30}$/.test(value) ? Number(value) : value
      default:
        return value
    }
  }
}

/** `[value].flat()` takes as long as everything else that is done for a parameter. */
function listOf(value: string | string[]): string[] {
  return Array.isArray(value) ? value : [value]
}

/** Accepts `true`, `false`, `1` and `0` in any case, as clients of different languages send them. */
function toBoolean(value: string | string[]): unknown {
  if (typeof value !== 'string') return value
  const text = value.toLowerCase()
  if (text === 'true' || text === '1') return true
  if (text === 'false' || text === '0') return false
  return value
}
