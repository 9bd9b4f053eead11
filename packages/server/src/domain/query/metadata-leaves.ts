import { SERVER_LIMITS } from '../../limits/server-limits.ts'
import { isExactNumber } from '../decimal.ts'
import { InternCache } from '../intern-cache.ts'
import type { Metadata } from '../metadata.ts'
import type { MetadataCondition } from './agent-filter.ts'

/** A scalar value in the metadata, as text. */
export interface MetadataLeaf {
  /** The path of keys, joined by dots; empty when the metadata itself is a scalar. */
  readonly path: string
  /**
   * Strings as they are, numbers, booleans and null as JavaScript writes them; undefined for an empty
   * object or array. A number that JavaScript cannot represent exactly is kept as it was sent.
   */
  readonly value: string | undefined
  /** The value is a number: `1`, which `1.0` matches as well. */
  readonly isNumber?: true
}

/** The source of indexes, searches and labels. */
export interface MetadataLeaves {
  /** In order, as many as the limits allow. */
  readonly leaves: readonly MetadataLeaf[]
  /** Whether the limits allowed all of them. */
  readonly isWhole: boolean
}

/** A condition with both texts that meet it: `1.0` matches that text and the number 1. */
export interface ComparableCondition extends MetadataCondition {
  /** The required text of a number; see `comparableText`. */
  readonly asNumber: string
}

const NO_LEAVES: MetadataLeaves = { leaves: [], isWhole: true }
/** Fleets repeat their metadata, and parsing it took a third of the time of an index or search. */
const recent = new InternCache<MetadataLeaves>(256)

/**
 * Lists the scalar values in the metadata. The elements of an array have the path of the array. A
 * path is repeated for each value below it, so 4000 characters of metadata may expand to millions:
 * the number of values and the total of characters are limited.
 */
export function metadataLeaves(metadata: Metadata | null): MetadataLeaves {
  return metadata === null ? NO_LEAVES : recent.getOrCreate(metadata.json, leavesIn)
}

/** Whether any value in the metadata meets a condition, regardless of the limits. */
export function metadataMeets({ json }: Metadata, condition: ComparableCondition): boolean {
  const value = parse(json)
  const { path } = condition
  return meets(value, path, condition) || (path === '' && meets(value, undefined, condition))
}

function leavesIn(json: string): MetadataLeaves {
  const leaves: MetadataLeaf[] = []
  let characters = 0
  const add = (leaf: MetadataLeaf): boolean => {
    characters += leaf.path.length + (leaf.value?.length ?? 0)
    const isOver =
      leaves.length === SERVER_LIMITS.searchableValues.value ||
      characters > SERVER_LIMITS.searchableCharacters.value
    if (!isOver) leaves.push(leaf)
    return !isOver
  }
  const isWhole = collect(parse(json), undefined, add)
  return { leaves, isWhole }
}

function parse(json: string): unknown {
  return JSON.parse(LONG_NUMBER.test(json) ? quoteInexactNumbers(json) : json)
}

/** A number that JavaScript may not represent exactly, or a text that contains one. */
const LONG_NUMBER = /\d(?:[\d.]{15}|[\d.]*[eE])/
const TEXT_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g

/**
 * Metadata that was sent as a string may contain numbers that a double cannot represent. As strings
 * they can still be found by what was sent.
 */
function quoteInexactNumbers(json: string): string {
  return json.replace(TEXT_OR_NUMBER, (token) =>
    token.startsWith('"') || isExactNumber(token) ? token : `"${token}"`,
  )
}

/** Returns false as soon as `add` does. */
function collect(
  value: unknown,
  path: string | undefined,
  add: (leaf: MetadataLeaf) => boolean,
): boolean {
  if (typeof value !== 'object' || value === null) {
    const leaf = { path: path ?? '', value: String(value) }
    return add(typeof value === 'number' ? { ...leaf, isNumber: true } : leaf)
  }
  if (Array.isArray(value)) {
    if (value.length === 0 && path !== undefined) return add({ path, value: undefined })
    return value.every((element) => collect(element, path, add))
  }
  const keys = Object.keys(value)
  if (keys.length === 0 && path !== undefined) return add({ path, value: undefined })
  return keys.every((key) =>
    collect(Reflect.get(value, key), path === undefined ? key : `${path}.${key}`, add),
  )
}

/** @param path the rest of the path of the condition; undefined to compare the value itself */
function meets(value: unknown, path: string | undefined, condition: ComparableCondition): boolean {
  if (Array.isArray(value)) return value.some((element) => meets(element, path, condition))
  if (typeof value !== 'object' || value === null) {
    const text = String(value)
    const required = typeof value === 'number' ? condition.asNumber : condition.value
    return path === undefined && text === required
  }
  if (path === undefined) return false
  // A key may contain dots, so several keys may be a prefix of the path.
  return Object.keys(value).some((key) => {
    if (path === key) return meets(Reflect.get(value, key), undefined, condition)
    const isPrefix = path.startsWith(key) && path[key.length] === '.'
    return isPrefix && meets(Reflect.get(value, key), path.slice(key.length + 1), condition)
  })
}
