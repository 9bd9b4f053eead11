import type { ProblemPointer } from '@rollcall/protocol'
import { isExactNumber } from '../../domain/decimal.ts'
import { pointerSegment } from '../../domain/json-flaw.ts'
import { shorten } from '../responses/problem.ts'

/** Numbers that may lose precision: of 16 or more characters, or with an exponent. */
const UNUSUAL_NUMBER = /[[,:\s]-?\d(?:[\d.]{15}|[\d.]*[eE])/
/** Every key, and anything inside a string that looks like one: never fewer than there are keys. */
const KEY = /"\s*:/g
/** Strings (a key if a colon follows), numbers, literals and brackets. */
const TOKEN = /"([^"\\]*(?:\\.[^"\\]*)*)"(\s*:)?|(-?\d[\d.eE+-]*)|true|false|null|[[\]{}]/g

/** Measurements, for which rounding is acceptable. */
const ROUNDABLE = new Set(['/load'])

/**
 * Finds the first place in a JSON text that parsing has silently changed: a number that a double cannot
 * represent, or a duplicate key. Costs almost nothing for ordinary texts.
 *
 * @param text valid JSON
 * @param value the parsed text
 */
export function findPrecisionLoss(text: string, value: unknown): ProblemPointer | undefined {
  const isLossless = !UNUSUAL_NUMBER.test(text) && countMatches(KEY, text) === countKeys(value, 0)
  return isLossless ? undefined : scan(text)
}

function countMatches(pattern: RegExp, text: string): number {
  let count = 0
  pattern.lastIndex = 0
  while (pattern.test(text)) count++
  return count
}

/** Deeper values are left to {@link scan}, which does not recurse. */
const MAX_DEPTH = 100

function countKeys(value: unknown, depth: number): number {
  if (typeof value !== 'object' || value === null) return 0
  if (depth > MAX_DEPTH) return Number.NaN
  let count = 0
  if (Array.isArray(value)) {
    for (const element of value) count += countKeys(element, depth + 1)
  } else {
    for (const key in value) count += 1 + countKeys(Reflect.get(value, key), depth + 1)
  }
  return count
}

/** An object or an array that the scan has entered. */
interface Container {
  /** The keys of an object so far; undefined for an array. */
  readonly keys: Set<string> | undefined
  /** The key or index of the current or next value. */
  at: string | number
}

function scan(text: string): ProblemPointer | undefined {
  const open: Container[] = []
  for (const [token, string, colon, number] of text.matchAll(TOKEN)) {
    if (token === '}' || token === ']') {
      open.pop()
      continue
    }
    const inner = open.at(-1)
    if (inner?.keys && colon !== undefined) {
      const key: string = JSON.parse(`"${string}"`)
      inner.at = key
      if (inner.keys.has(key)) return { pointer: pointerOf(open), message: DUPLICATE }
      inner.keys.add(key)
      continue
    }
    if (inner && typeof inner.at === 'number') inner.at++
    if (token === '{') open.push({ keys: new Set(), at: '' })
    else if (token === '[') open.push({ keys: undefined, at: -1 })
    else if (number !== undefined && !isExactNumber(number)) {
      const pointer = pointerOf(open)
      if (!ROUNDABLE.has(pointer)) return { pointer, message: inexactMessage(number) }
    }
  }
  return undefined
}

const DUPLICATE = 'is a duplicate key; which of its values counts is undefined'

function inexactMessage(number: string): string {
  return (
    `would be returned as ${JSON.stringify(Number(number))} instead of ${shorten(number)}; ` +
    'send it as a string'
  )
}

function pointerOf(open: readonly Container[]): string {
  return open.map(({ at }) => pointerSegment(at)).join('')
}
