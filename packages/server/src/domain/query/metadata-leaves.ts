import { isKeptNumber } from '../decimal.ts'
import { Interned } from '../interned.ts'
import type { Metadata } from '../metadata.ts'

/** A value in the metadata that holds no others, as text. */
export interface MetadataLeaf {
  /** The keys that lead to it, joined by dots; empty when the metadata is nothing but a value. */
  readonly path: string
  /**
   * Strings as they are, numbers, booleans and null as JavaScript writes them; undefined: empty
   * braces. A number that JavaScript cannot keep stands here as it was sent.
   */
  readonly value: string | undefined
  /** The value is a number: `1`, which is also found as `1.0`. */
  readonly isNumber?: true
}

const NONE: readonly MetadataLeaf[] = []
/** Fleets repeat their metadata, and parsing it was a third of what an index or a search took. */
const recent = new Interned<readonly MetadataLeaf[]>(256)

/** All values in the metadata. The elements of an array stand where the array does. */
export function metadataLeaves(metadata: Metadata | null): readonly MetadataLeaf[] {
  return metadata === null ? NONE : recent.get(metadata.json, leavesIn)
}

function leavesIn(json: string): MetadataLeaf[] {
  const leaves: MetadataLeaf[] = []
  collect(JSON.parse(LONG_NUMBER.test(json) ? quoteUnkept(json) : json), undefined, leaves)
  return leaves
}

/** A number that may not be kept, or a text with one in it. */
const LONG_NUMBER = /\d(?:[\d.]{15}|[\d.]*[eE])/
const TEXT_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g

/**
 * Metadata that was given as a string may hold numbers that no double is. As texts they can still
 * be found by what was sent.
 */
function quoteUnkept(json: string): string {
  return json.replace(TEXT_OR_NUMBER, (token) =>
    token.startsWith('"') || isKeptNumber(token) ? token : `"${token}"`,
  )
}

function collect(value: unknown, path: string | undefined, leaves: MetadataLeaf[]): void {
  if (typeof value !== 'object' || value === null) {
    const leaf = { path: path ?? '', value: String(value) }
    leaves.push(typeof value === 'number' ? { ...leaf, isNumber: true } : leaf)
    return
  }
  const inner = Object.entries(value)
  if (inner.length === 0 && path !== undefined) leaves.push({ path, value: undefined })
  for (const [key, element] of inner) {
    if (Array.isArray(value)) collect(element, path, leaves)
    else collect(element, path === undefined ? key : `${path}.${key}`, leaves)
  }
}
