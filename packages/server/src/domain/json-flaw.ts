/** The reason why a value does not survive a round trip through JSON. */
export interface JsonFlaw {
  /** JSON pointer to the offending value; empty for the whole. */
  readonly pointer: string
  /** What is wrong with it, for humans. */
  readonly message: string
}

/** Anything deeper exceeds the size limit of metadata as JSON; this also stops at circular references. */
const MAX_DEPTH = 2000

const TOO_DEEP: JsonFlaw = { pointer: '', message: 'is nested too deeply, or circular' }

/**
 * Finds a value that `JSON.stringify` would silently change or drop: `NaN`, a `Date`, a `Map`, a
 * function, an instance of a class, a hole in an array. A property that is undefined counts as
 * absent. Returns undefined if there is no such value.
 */
export function findJsonFlaw(value: unknown, depth = 0): JsonFlaw | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return undefined
    case 'number':
      return Number.isFinite(value) ? undefined : flaw(`is ${value}, which JSON cannot hold`)
    case 'object':
      break
    default:
      return flaw(`is ${nameOf(value)}, which JSON cannot hold`)
  }
  if (value === null) return undefined
  if (depth > MAX_DEPTH) return TOO_DEEP
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      const inner = findJsonFlaw(value[index], depth + 1)
      if (inner) return within(index, inner)
    }
    return undefined
  }
  if (!isPlain(value)) return flaw(`is ${nameOf(value)}; use a plain object, an array or a string`)
  for (const [key, property] of Object.entries(value)) {
    const inner = property === undefined ? undefined : findJsonFlaw(property, depth + 1)
    if (inner) return within(key, inner)
  }
  return undefined
}

/** Returns one segment of a JSON pointer, RFC 6901. */
export function pointerSegment(key: string | number): string {
  return `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`
}

/** Whether a value is an object literal, possibly of another realm. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

function nameOf(value: unknown): string {
  if (value === undefined) return 'undefined'
  if (typeof value !== 'object') return `a ${typeof value}`
  return `an instance of ${value?.constructor?.name || 'a class'}`
}

function flaw(message: string): JsonFlaw {
  return { pointer: '', message }
}

function within(key: string | number, inner: JsonFlaw): JsonFlaw {
  // A path of two thousand segments does not help.
  if (inner === TOO_DEEP) return inner
  return { pointer: pointerSegment(key) + inner.pointer, message: inner.message }
}
