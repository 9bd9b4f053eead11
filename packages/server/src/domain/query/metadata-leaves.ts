import { SERVER_LIMITS } from '../../limits/server-limits.ts'
import { isKeptNumber } from '../decimal.ts'
import { InternCache } from '../intern-cache.ts'
import type { Metadata } from '../metadata.ts'
import type { MetadataCondition } from './agent-filter.ts'

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

/** What indexes, searches and labels are made from. */
export interface MetadataLeaves {
  /** In order, as many as the limits allow. */
  readonly leaves: readonly MetadataLeaf[]
  /** These are all of them. */
  readonly isWhole: boolean
}

/** A condition with both texts that meet it: `1.0` is met by that text and by the number 1. */
export interface ComparableCondition extends MetadataCondition {
  /** What a number must be written as; see `comparableText`. */
  readonly asNumber: string
}

const NONE: MetadataLeaves = { leaves: [], isWhole: true }
/** Fleets repeat their metadata, and parsing it was a third of what an index or a search took. */
const recent = new InternCache<MetadataLeaves>(256)

/**
 * Lists the values in the metadata. The elements of an array stand where the array does. A path is
 * repeated for each value below it, so that 4000 characters of metadata may unfold to millions:
 * there is a limit of values, and of characters in all.
 */
export function metadataLeaves(metadata: Metadata | null): MetadataLeaves {
  return metadata === null ? NONE : recent.get(metadata.json, leavesIn)
}

/** Whether a value anywhere in the metadata meets a condition, however many values there are. */
export function metadataMeets({ json }: Metadata, wanted: ComparableCondition): boolean {
  const value = parsed(json)
  return (
    meets(value, wanted.path, wanted) || (wanted.path === '' && meets(value, undefined, wanted))
  )
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
  const isWhole = collect(parsed(json), undefined, add)
  return { leaves, isWhole }
}

function parsed(json: string): unknown {
  return JSON.parse(LONG_NUMBER.test(json) ? quoteUnkept(json) : json)
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

/** @param path what is left of the path of the condition; undefined: the value is to be compared */
function meets(value: unknown, path: string | undefined, wanted: ComparableCondition): boolean {
  if (Array.isArray(value)) return value.some((element) => meets(element, path, wanted))
  if (typeof value !== 'object' || value === null) {
    const text = String(value)
    return (
      path === undefined && text === (typeof value === 'number' ? wanted.asNumber : wanted.value)
    )
  }
  if (path === undefined) return false
  // A key may have dots in it, so that several keys may begin a path.
  return Object.keys(value).some((key) => {
    if (path === key) return meets(Reflect.get(value, key), undefined, wanted)
    const isOnTheWay = path.startsWith(key) && path[key.length] === '.'
    return isOnTheWay && meets(Reflect.get(value, key), path.slice(key.length + 1), wanted)
  })
}
