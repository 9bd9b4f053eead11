import { Interned } from '../interned.ts'
import type { Metadata } from '../metadata.ts'

/** A value in the metadata that holds no others, as text. */
export interface MetadataLeaf {
  /** The keys that lead to it, joined by dots; empty when the metadata is nothing but a value. */
  readonly path: string
  /** Strings as they are, numbers, booleans and null as JSON has them; undefined: empty braces. */
  readonly value: string | undefined
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
  collect(JSON.parse(json), undefined, leaves)
  return leaves
}

function collect(value: unknown, path: string | undefined, leaves: MetadataLeaf[]): void {
  if (typeof value !== 'object' || value === null) {
    leaves.push({ path: path ?? '', value: String(value) })
    return
  }
  const inner = Object.entries(value)
  if (inner.length === 0 && path !== undefined) leaves.push({ path, value: undefined })
  for (const [key, element] of inner) {
    if (Array.isArray(value)) collect(element, path, leaves)
    else collect(element, path === undefined ? key : `${path}.${key}`, leaves)
  }
}
