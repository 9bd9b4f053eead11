import fc, { type Arbitrary } from 'fast-check'

/** Marks a string that stands for JSON text which no value serializes to. */
const RAW = '⟦raw⟧'

/** A piece of JSON text, possibly malformed; see {@link toJsonText}. */
const raw = (text: string) => `${RAW}${text}`

/** Serializes a value as JSON, with its raw pieces unchanged. */
export function toJsonText(value: unknown): string {
  const text = JSON.stringify(value) ?? ''
  return text.replaceAll(new RegExp(`"${RAW}((?:[^"\\\\]|\\\\.)*)"`, 'g'), (_all, piece) =>
    JSON.parse(`"${piece}"`),
  )
}

/** Texts that are known to break programs. */
export const HOSTILE_TEXTS: readonly string[] = [
  '',
  ' ',
  '.',
  '..',
  '../../etc/passwd',
  '..\\..\\windows',
  '%2e%2e%2f',
  '%',
  '%00',
  'null',
  'undefined',
  'true',
  'NaN',
  '0',
  '-1',
  '1e400',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'a\u0000b',
  '\u0007\u001b[31m',
  'line\nfeed',
  'x\r\nX-Injected: yes',
  'x\r\n\r\nHTTP/1.1 200 OK\r\n\r\n',
  '\ud800',
  '\udc00tail',
  'a\ud800b',
  '👩‍🔬👾',
  '\u202e\u2066rtl باحث',
  'Z̸̧̛͓͇a̵͎͝l̶̰̂g̷̱͐o̷̙͒',
  '\ufeffbom',
  '\u2028\u2029\u0085\u00a0',
  "'; DROP TABLE agents; --",
  '{{7*7}}<%= 7*7 %>#{7*7}',
  '<script>alert(1)</script>',
  'a::b',
  ':',
  'ｆｕｌｌ ｗｉｄｔｈ',
  'i̇İıI',
  'x'.repeat(129),
  'x'.repeat(257),
  'x'.repeat(2049),
  '👾'.repeat(4001),
  'x'.repeat(100_000),
]

const nested = (open: string, close: string, depth: number) =>
  raw(`${open.repeat(depth)}1${close.repeat(depth)}`)

const HOSTILE_PIECES: readonly string[] = [
  raw('1e400'),
  raw('-1e400'),
  raw('-0'),
  raw('-0.0e-0'),
  raw('NaN'),
  raw('Infinity'),
  raw('0x10'),
  raw('01'),
  raw('1.'),
  raw('+1'),
  raw('9007199254740993'),
  raw(`1${'0'.repeat(400)}`),
  raw(`0.${'0'.repeat(400)}1`),
  raw('undefined'),
  raw(''),
  raw('"\\ud800"'),
  raw('"\\u0000"'),
  raw('"\\x41"'),
  raw('"raw \u0001 control"'),
  raw('{"__proto__":{"polluted":true}}'),
  raw('{"\\u005f\\u005fproto__":1}'),
  raw('{"constructor":{"prototype":{"polluted":true}}}'),
  raw('{"a":1,"a":2}'),
  nested('[', ']', 100),
  nested('[', ']', 20_000),
  nested('{"a":', '}', 100),
  nested('{"a":', '}', 20_000),
]

const manyOf = (item: unknown, length: number) => Array.from({ length }, () => item)

/** Values that no field expects, or that exceed its limits slightly. */
export const hostileValue: Arbitrary<unknown> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...HOSTILE_TEXTS) },
  { weight: 6, arbitrary: fc.constantFrom(...HOSTILE_PIECES) },
  {
    weight: 4,
    arbitrary: fc.constantFrom<unknown>(
      null,
      true,
      false,
      0,
      -1,
      1.5,
      65_536,
      86_401,
      2 ** 53,
      1e21,
    ),
  },
  { weight: 2, arbitrary: fc.constantFrom<unknown>([], {}, [[]], [null], { '': 1 }, [{}, [], '']) },
  { weight: 2, arbitrary: fc.jsonValue() },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 300 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<unknown>(
      manyOf('capability', 65),
      manyOf('x'.repeat(129), 64),
      manyOf('fuzz-1', 10_001),
      manyOf({ agent_id: 'fuzz-1' }, 10_001),
      manyOf(0, 20_000),
      Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`k${index}`, index])),
      { k: 'x'.repeat(4000 - '{"k":""}'.length) },
      { k: 'x'.repeat(4001 - '{"k":""}'.length) },
    ),
  },
)
