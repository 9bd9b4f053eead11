import type { ProblemPointer } from '@rollcall/protocol'
import type { Schema } from '@rollcall/protocol/json-schema'
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import { pointerSegment } from '../../domain/json-flaw.ts'
import { HttpProblem, shorten } from '../responses/problem.ts'

/** Maximum number of errors reported for one request. */
const MAX_PROBLEMS = 10

/** Maximum number of elements of a value for which all errors are collected. */
const SMALL_SIZE = 200

const options = {
  allowUnionTypes: true,
  verbose: true,
  validateFormats: false,
  // Not validated, but used as a message; see `toPointer`.
  keywords: ['patternErrorMessage'],
}
const firstError = new Ajv(options)
/** Only for small values: collecting the errors of a huge one would block the event loop. */
const allErrors = new Ajv({ ...options, allErrors: true })

/** The part of the request that contains a value; the prefix of its pointer. */
type Place = '' | '/path' | '/query' | `/header/${string}`

/** Validates values against a schema. Nothing is coerced, defaulted or removed. */
export class Validator<T> {
  readonly #place: Place
  readonly #schema: Schema
  #check: ValidateFunction | undefined

  constructor(schema: Schema, place: Place = '') {
    this.#schema = schema
    this.#place = place
  }

  /** @throws HttpProblem `VALIDATION_FAILED` with a pointer to each invalid place */
  parse(value: unknown): T {
    const errors = this.errorsOf(value)
    if (errors.length === 0) return value as T
    throw validationFailed(errors)
  }

  /** Returns what is wrong with a value, at most ten places; empty: nothing. */
  errorsOf(value: unknown): readonly ProblemPointer[] {
    // Compiled on first use, so that startup does not wait for the schemas of unused operations.
    this.#check ??= firstError.compile(this.#schema)
    if (this.#check(value)) return []
    if (value === undefined) return [{ pointer: '', message: 'is missing; send a JSON object' }]
    const check = isSmall(value) ? allErrors.compile(this.#schema) : this.#check
    check(value)
    return withoutRedundant(check.errors ?? [])
      .slice(0, MAX_PROBLEMS)
      .map((error) => toPointer(error, this.#place))
  }
}

/** Creates the error for invalid input. */
export function validationFailed(errors: readonly ProblemPointer[]): HttpProblem {
  const problems = errors.map(({ pointer, message }) => `${pointer || 'the body'} ${message}`)
  const detail = `The request is not valid: ${problems.join('; ')}`
  return new HttpProblem('VALIDATION_FAILED', detail, { errors })
}

/** Removes pattern errors of empty strings, which already have a length error. */
function withoutRedundant(errors: readonly ErrorObject[]): ErrorObject[] {
  const empty = errors.filter(({ keyword }) => keyword === 'minLength')
  return errors.filter(
    ({ keyword, instancePath }) =>
      keyword !== 'pattern' || !empty.some((it) => it.instancePath === instancePath),
  )
}

function isSmall(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true
  const sizes = Object.values(value).map((part) => (Array.isArray(part) ? part.length : 1))
  return sizes.length <= SMALL_SIZE && sizes.every((size) => size <= SMALL_SIZE)
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
      return { pointer, message: `is unknown; known names: ${known}` }
    }
    case 'pattern': {
      const rule = parentSchema?.patternErrorMessage ?? 'must match the pattern'
      return { pointer: at, message: `${rule}, not ${describe(error.data)}` }
    }
    case 'enum':
      return {
        pointer: at,
        message: `must be one of ${params.allowedValues.join(', ')}, not ${describe(error.data)}`,
      }
    default:
      return { pointer: at, message: `${error.message}, not ${describe(error.data)}` }
  }
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (typeof value === 'object' && value !== null) return 'an object'
  return shorten(JSON.stringify(value))
}
