import { LIMITS } from '@rollcall/protocol'
import { findJsonFlaw } from './json-flaw.ts'
import { RegistryError } from './registry-error.ts'

/** Metadata as JSON text, and whether it was sent as an object or as a string of JSON. */
export interface Metadata {
  /** At most 4000 characters. */
  readonly json: string
  /** The form in which reads return it. */
  readonly givenAs: 'object' | 'string'
}

/**
 * Validates metadata and serializes it, so that it is parsed again only when it is read. A value that
 * would not come back unchanged is rejected, never altered.
 *
 * @param given a plain object, a string that holds JSON, or nothing
 * @throws RegistryError `INVALID_REGISTRATION` with a pointer, when a string is not valid JSON or
 *   contains an unpaired surrogate, when an object contains a value that JSON cannot represent (see
 *   {@link findJsonFlaw}), or when it is longer than 4000 characters as JSON
 */
export function toMetadata(given: object | string | null | undefined): Metadata | null {
  if (given === null || given === undefined) return null
  const isString = typeof given === 'string'
  const json = isString ? given : stringify(given)
  if (json.length > LIMITS.metadataCharacters) throw tooLong(`${json.length} characters`)
  if (isString) requireJson(json)
  return { json, givenAs: isString ? 'string' : 'object' }
}

/** Returns the metadata in the form in which it was sent. */
export function fromMetadata(metadata: Metadata | null): Record<string, unknown> | string | null {
  if (metadata === null) return null
  return metadata.givenAs === 'string' ? metadata.json : JSON.parse(metadata.json)
}

/** Returns `metadata.capabilities` if it is an array of strings, as older agents send it. */
export function capabilitiesIn(metadata: Metadata | null): string[] | undefined {
  // Parse only if the key may be present: by its name, or with characters of it escaped.
  if (metadata === null || !/"capabilities"|\\u/.test(metadata.json)) return undefined
  const parsed: unknown = JSON.parse(metadata.json)
  if (typeof parsed !== 'object' || parsed === null) return undefined
  const { capabilities } = parsed as { capabilities?: unknown }
  const isList = Array.isArray(capabilities) && capabilities.every((c) => typeof c === 'string')
  return isList ? capabilities : undefined
}

function stringify(value: object): string {
  const flaw = Array.isArray(value)
    ? { pointer: '', message: 'is an array; use an object, or a string that holds JSON' }
    : findJsonFlaw(value)
  if (flaw) throw invalid(`metadata${flaw.pointer} ${flaw.message}`, flaw.pointer)
  return JSON.stringify(value)
}

function requireJson(text: string): void {
  if (!text.isWellFormed()) throw invalid('metadata contains an unpaired surrogate')
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
