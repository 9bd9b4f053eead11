import { Interned } from '../interned.ts'
import type { Metadata } from '../metadata.ts'

/** A value in the metadata that is neither an object nor an array, as text. */
export interface MetadataLeaf {
  /** The keys that lead to it, joined by dots; empty when the metadata is nothing but a value. */
  readonly path: string
  /** Strings as they are, numbers, booleans and null as JSON has them. */
  readonly value: string
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
  collect(JSON.parse(json), '', leaves)
  return leaves
}

function collect(value: unknown, path: string, leaves: MetadataLeaf[]): void {
  if (Array.isArray(value)) {
    for (const element of value) collect(element, path, leaves)
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      collect(inner, path === '' ? key : `${path}.${key}`, leaves)
    }
  } else {
    leaves.push({ path, value: String(value) })
  }
}
