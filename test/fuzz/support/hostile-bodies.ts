import { gzipSync } from 'node:zlib'
import fc, { type Arbitrary } from 'fast-check'
import { HOSTILE_TEXTS, hostileValue, toJsonText } from './hostile-values.ts'

/** A body and the headers that describe it. */
export interface HostileBody {
  readonly bytes: Uint8Array
  readonly headers: readonly (readonly [name: string, value: string])[]
}

const JSON_TYPE = ['Content-Type', 'application/json'] as const

/** Counts the nodes of a tree in depth-first order. */
function countNodes(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1
  return Object.values(value).reduce<number>((sum, part) => sum + countNodes(part), 1)
}

/** Copies a tree with one node replaced, or removed if there is no replacement. */
function replaceNode(value: unknown, index: number, replacement: { value: unknown } | undefined) {
  let left = index
  const copy = (node: unknown): { value: unknown } | undefined => {
    if (left-- === 0) return replacement
    if (typeof node !== 'object' || node === null) return { value: node }
    const parts = Object.entries(node).flatMap(([key, part]) => {
      const kept = copy(part)
      return kept ? [[key, kept.value] as const] : []
    })
    return {
      value: Array.isArray(node) ? parts.map(([, part]) => part) : Object.fromEntries(parts),
    }
  }
  return copy(value)?.value
}

/** JSON texts with one invalid value. */
function wrongValues(valid: Arbitrary<unknown>): Arbitrary<string> {
  const place = fc.nat()
  const key = fc.oneof(fc.constantFrom(...HOSTILE_TEXTS), fc.string())
  const replaced = fc
    .tuple(valid, place, hostileValue)
    .map(([value, at, invalid]) => replaceNode(value, at % countNodes(value), { value: invalid }))
  const dropped = fc
    .tuple(valid, place)
    .map(([value, at]) => replaceNode(value, at % countNodes(value), undefined))
  const added = fc
    .tuple(valid, key, hostileValue)
    .map(([value, name, extra]) => ({ ...Object(value), [`${name}`]: extra }))
  const values = fc.oneof(
    { weight: 5, arbitrary: replaced },
    { weight: 2, arbitrary: dropped },
    { weight: 2, arbitrary: added },
    { weight: 1, arbitrary: hostileValue },
  )
  // Duplicate keys exist only in the text; no value can have them.
  const twice = fc
    .tuple(valid, hostileValue)
    .filter(([value]) => typeof value === 'object' && value !== null)
    .map(([value, other]) => {
      const text = toJsonText(value)
      const name = Object.values(value as object)[0] ?? 'a'
      return text === '{}' ? text : `{${JSON.stringify(name)}:${toJsonText(other)},${text.slice(1)}`
    })
  return fc.oneof({ weight: 8, arbitrary: values.map(toJsonText) }, twice)
}

/** JSON texts that are not well-formed. */
function damaged(valid: Arbitrary<unknown>): Arbitrary<string> {
  const text = valid.map(toJsonText)
  const junk = fc.constantFrom('"', '{', '}', ',', '\\', '\u0000', '/**/', '\ufeff', "'", '\n', '[')
  return fc.oneof(
    fc.tuple(text, fc.nat()).map(([json, at]) => json.slice(0, at % (json.length + 1))),
    fc
      .tuple(text, fc.nat(), junk)
      .map(
        ([json, at, sign]) => json.slice(0, at % json.length) + sign + json.slice(at % json.length),
      ),
    fc.tuple(text, fc.constantFrom(...HOSTILE_TEXTS)).map(([json, tail]) => json + tail),
    text.map((json) => `\ufeff ${json}\n`),
    text.map((json) => json.padEnd(300_000)),
    fc.constantFrom('', ' ', 'null', '{}', '[]', '""', '0', '{"":', '\u0000', 'NaN'),
  )
}

/** Bytes that are not UTF-8, or not what their headers say. */
function wrongBytes(text: Arbitrary<string>): Arbitrary<HostileBody> {
  const gzip = text.map((json) => gzipSync(json))
  return fc.oneof(
    text.map((json) => ({ bytes: Buffer.from(json, 'utf16le'), headers: [JSON_TYPE] })),
    text.map((json) => ({ bytes: Buffer.from(`${json}é`, 'latin1'), headers: [JSON_TYPE] })),
    gzip.map((bytes) => ({ bytes, headers: [JSON_TYPE] })),
    gzip.map((bytes) => ({ bytes, headers: [JSON_TYPE, ['Content-Encoding', 'gzip'] as const] })),
    fc.uint8Array({ maxLength: 500 }).map((bytes) => ({ bytes, headers: [JSON_TYPE] })),
  )
}

const CONTENT_TYPES = [
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/json; charset=utf-16',
  'application/json; charset=latin1',
  'application/json;charset',
  'application/json;;;',
  'application/problem+json',
  'APPLICATION/JSON',
  'application/json, text/plain',
  'application/jsonx',
  '/',
  ';',
  '',
  `application/${'x'.repeat(5000)}`,
]

function wrongType(text: Arbitrary<string>): Arbitrary<HostileBody> {
  const types = fc.oneof(fc.constantFrom(...CONTENT_TYPES), fc.string({ maxLength: 40 }))
  const headers = fc.oneof(
    types.map((type) => [['Content-Type', type] as const]),
    types.map((type) => [JSON_TYPE, ['Content-Type', type] as const]),
    fc.constant([]),
  )
  return fc.tuple(text, headers).map(([json, headers]) => ({ bytes: Buffer.from(json), headers }))
}

/** Bodies for a schema, given its valid values: sometimes valid, mostly not. */
export function hostileBody(valid: Arbitrary<unknown>): Arbitrary<HostileBody> {
  const right = valid.map(toJsonText)
  const asJson = (text: Arbitrary<string>) =>
    text.map((json) => ({ bytes: Buffer.from(json), headers: [JSON_TYPE] }))
  return fc.oneof(
    { weight: 6, arbitrary: asJson(right) },
    { weight: 10, arbitrary: asJson(wrongValues(valid)) },
    { weight: 3, arbitrary: asJson(damaged(valid)) },
    { weight: 2, arbitrary: wrongBytes(right) },
    { weight: 2, arbitrary: wrongType(right) },
  )
}
