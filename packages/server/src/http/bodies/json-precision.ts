import type { ProblemPointer } from '@rollcall/protocol'
import { isExactNumber } from '../../domain/decimal.ts'
import { pointerSegment } from '../../domain/json-flaw.ts'
import { shorten } from '../responses/problem.ts'

/** Numbers that may not be kept: of 16 characters and more, or with an exponent. */
const UNUSUAL_NUMBER = /[[,:\s]-?\d(?:[\d.]{15}|[\d.]*[eE])/
/** Every key, and what looks like one inside a text: never fewer than there are. */
const KEY = /"\s*:/g
/** Texts (one with a colon behind it is a key), numbers, words and brackets. */
const TOKEN = /"([^"\\]*(?:\\.[^"\\]*)*)"(\s*:)?|(-?\d[\d.eE+-]*)|true|false|null|[[\]{}]/g

/** A measurement, and rounded as such: it is no less true for it. */
const ROUNDED = new Set(['/load'])

/**
 * Finds the first thing in a JSON text that reading it has changed without a word: a number that a
 * double cannot hold, or a key that is there twice. Costs next to nothing when there is nothing
 * unusual.
 *
 * @param text valid JSON
 * @param value what it was read as
 */
export function findPrecisionLoss(text: string, value: unknown): ProblemPointer | undefined {
  const looksKept = !UNUSUAL_NUMBER.test(text) && countMatches(KEY, text) === countKeys(value, 0)
  return looksKept ? undefined : scan(text)
}

function countMatches(pattern: RegExp, text: string): number {
  let count = 0
  pattern.lastIndex = 0
  while (pattern.test(text)) count++
  return count
}

/** Beyond this depth it is for {@link scan}, which needs no stack. */
const SHALLOW = 100

function countKeys(value: unknown, depth: number): number {
  if (typeof value !== 'object' || value === null) return 0
  if (depth > SHALLOW) return Number.NaN
  let count = 0
  if (Array.isArray(value)) {
    for (const element of value) count += countKeys(element, depth + 1)
  } else {
    for (const key in value) count += 1 + countKeys(Reflect.get(value, key), depth + 1)
  }
  return count
}

/** An object or an array that the scan is in. */
interface Open {
  /** Of an object: those that were there already. */
  readonly keys: Set<string> | undefined
  /** Of the value that comes next, or that the scan is in. */
  at: string | number
}

function scan(text: string): ProblemPointer | undefined {
  const open: Open[] = []
  for (const [token, string, colon, number] of text.matchAll(TOKEN)) {
    if (token === '}' || token === ']') {
      open.pop()
      continue
    }
    const inner = open.at(-1)
    if (inner?.keys && colon !== undefined) {
      const key: string = JSON.parse(`"${string}"`)
      inner.at = key
      if (inner.keys.has(key)) return { pointer: pointerOf(open), message: TWICE }
      inner.keys.add(key)
      continue
    }
    if (inner && typeof inner.at === 'number') inner.at++
    if (token === '{') open.push({ keys: new Set(), at: '' })
    else if (token === '[') open.push({ keys: undefined, at: -1 })
    else if (number !== undefined && !isExactNumber(number)) {
      const pointer = pointerOf(open)
      if (!ROUNDED.has(pointer)) return { pointer, message: notKept(number) }
    }
  }
  return undefined
}

const TWICE = 'is there twice; which of them counts is not defined'

function notKept(number: string): string {
  return (
    `would not come back as ${shorten(number)} but as ${JSON.stringify(Number(number))}; ` +
    'send it as a string'
  )
}

function pointerOf(open: readonly Open[]): string {
  return open.map(({ at }) => pointerSegment(at)).join('')
}
