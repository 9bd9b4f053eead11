import type { ProblemPointer } from '@rollcall/protocol'
import type { Schema } from '@rollcall/protocol/json-schema'
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import { pointerSegment } from '../../domain/json-flaw.ts'
import { HttpProblem, shorten } from '../responses/problem.ts'

/** Problems told of one request, at the most. */
const MAX_PROBLEMS = 10

/** Elements up to which a value is searched for all its errors. */
const SMALL = 200

const options = {
  allowUnionTypes: true,
  verbose: true,
  validateFormats: false,
  // Not checked, but said; see `toPointer`.
  keywords: ['patternErrorMessage'],
}
const firstError = new Ajv(options)
/** Only for small values: the errors of a huge one would take longer than the event loop has. */
const allErrors = new Ajv({ ...options, allErrors: true })

/** Where a value stands in the request; it begins the pointer. */
type Place = '' | '/path' | '/query'

/** Checks values against a schema. Nothing is coerced, filled in or dropped. */
export class Validator<T> {
  readonly #place: Place
  readonly #schema: Schema
  #check: ValidateFunction | undefined

  constructor(schema: Schema, place: Place = '') {
    this.#schema = schema
    this.#place = place
  }

  /** @throws HttpProblem `VALIDATION_FAILED` with a pointer to each wrong place */
  parse(value: unknown): T {
    // Compiled at first use: start-up does not wait for the schemas of calls nobody makes.
    this.#check ??= firstError.compile(this.#schema)
    if (this.#check(value)) return value as T
    if (value === undefined) {
      throw validationFailed([{ pointer: '', message: 'is missing; send a JSON object' }])
    }
    const search = isSmall(value) ? allErrors.compile(this.#schema) : this.#check
    search(value)
    const errors = withoutEchoes(search.errors ?? [])
      .slice(0, MAX_PROBLEMS)
      .map((error) => toPointer(error, this.#place))
    throw validationFailed(errors)
  }
}

/** The one shape of a refusal for bad input. */
export function validationFailed(errors: readonly ProblemPointer[]): HttpProblem {
  const told = errors.map(({ pointer, message }) => `${pointer || 'the body'} ${message}`)
  const detail = `The request is not valid: ${told.join('; ')}`
  return new HttpProblem('VALIDATION_FAILED', detail, { errors })
}

/** A text that is empty matches no pattern either; to say so once is enough. */
function withoutEchoes(errors: readonly ErrorObject[]): ErrorObject[] {
  const empty = errors.filter(({ keyword }) => keyword === 'minLength')
  return errors.filter(
    ({ keyword, instancePath }) =>
      keyword !== 'pattern' || !empty.some((it) => it.instancePath === instancePath),
  )
}

function isSmall(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true
  const sizes = Object.values(value).map((part) => (Array.isArray(part) ? part.length : 1))
  return sizes.length <= SMALL && sizes.every((size) => size <= SMALL)
}

function toPointer(error: ErrorObject, place: Place): ProblemPointer {
  const { params, parentSchema } = error
  const at = `${place}${error.instancePath}`
  switch (error.keyword) {
    case 'required':
      return { pointer: `${at}/${params.missingProperty}`, message: 'is required' }
    case 'additionalProperties': {
      const open = Object.values<{ title: string }>(parentSchema?.patternProperties ?? {})
      const known = [
        ...Object.keys(parentSchema?.properties ?? {}),
        ...open.map(({ title }) => title),
      ].join(', ')
      const pointer = at + pointerSegment(shorten(String(params.additionalProperty)))
      return { pointer, message: `is not known here; known are: ${known}` }
    }
    case 'pattern': {
      const rule = parentSchema?.patternErrorMessage ?? 'is not written as it must be'
      return { pointer: at, message: `${rule}, not ${show(error.data)}` }
    }
    case 'enum':
      return {
        pointer: at,
        message: `must be one of ${params.allowedValues.join(', ')}, not ${show(error.data)}`,
      }
    default:
      return { pointer: at, message: `${error.message}, not ${show(error.data)}` }
  }
}

function show(value: unknown): string {
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (typeof value === 'object' && value !== null) return 'an object'
  return shorten(JSON.stringify(value))
}
