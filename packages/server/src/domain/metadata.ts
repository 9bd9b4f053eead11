import { LIMITS } from '@rollcall/protocol'
import { findJsonFlaw } from './json-flaw.ts'
import { RegistryError } from './registry-error.ts'

/** Metadata as JSON text, and whether it was given as an object or as a string of JSON. */
export interface Metadata {
  /** At most 4000 characters. */
  readonly json: string
  /** The form in which reads show it again. */
  readonly givenAs: 'object' | 'string'
}

/**
 * Checks metadata and turns it into text, so that it is never parsed again unless someone looks.
 * What would not come back as it was given is refused, never changed.
 *
 * @param given a plain object, a string that holds JSON, or nothing
 * @throws RegistryError `INVALID_REGISTRATION` with a pointer, when a string is no JSON or holds
 *   half of a surrogate pair, when an object holds what JSON cannot (see {@link findJsonFlaw}), or
 *   when it is longer than 4000 characters as JSON
 */
export function toMetadata(given: object | string | null | undefined): Metadata | null {
  if (given === null || given === undefined) return null
  const isString = typeof given === 'string'
  const json = isString ? given : stringify(given)
  if (json.length > LIMITS.metadataCharacters) throw tooLong(`${json.length} characters`)
  if (isString) requireJson(json)
  return { json, givenAs: isString ? 'string' : 'object' }
}

/** The metadata in the form it was given. */
export function fromMetadata(metadata: Metadata | null): Record<string, unknown> | string | null {
  if (metadata === null) return null
  return metadata.givenAs === 'string' ? metadata.json : JSON.parse(metadata.json)
}

/** `metadata.capabilities` when it is an array of strings, as agents of old tell them. */
export function capabilitiesIn(metadata: Metadata | null): string[] | undefined {
  // Parsing is for those who may have them: the name, or letters of it written as escapes.
  if (metadata === null || !/"capabilities"|\\u/.test(metadata.json)) return undefined
  const parsed: unknown = JSON.parse(metadata.json)
  if (typeof parsed !== 'object' || parsed === null) return undefined
  const { capabilities } = parsed as { capabilities?: unknown }
  const isList = Array.isArray(capabilities) && capabilities.every((c) => typeof c === 'string')
  return isList ? capabilities : undefined
}

function stringify(value: object): string {
  const flaw = Array.isArray(value)
    ? { pointer: '', message: 'is a list; give an object, or a string that holds JSON' }
    : findJsonFlaw(value)
  if (flaw) throw invalid(`metadata${flaw.pointer} ${flaw.message}`, flaw.pointer)
  return JSON.stringify(value)
}

function requireJson(text: string): void {
  if (!text.isWellFormed()) throw invalid('metadata holds half of a surrogate pair')
  try {
    JSON.parse(text)
  } catch {
    throw invalid('metadata is a string that is not valid JSON; send an object or a JSON string')
  }
}

function tooLong(size: string): RegistryError {
  return invalid(
    `metadata is too long (${size}); at most ${LIMITS.metadataCharacters} characters as JSON`,
  )
}

function invalid(message: string, within = ''): RegistryError {
  return new RegistryError('INVALID_REGISTRATION', message, { pointer: `/metadata${within}` })
}
