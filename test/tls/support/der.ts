// Writes the few types of DER (ITU-T X.690) that certificates consist of.

/** Writes a value with its tag and length. */
export function tagged(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content)
  if (body.length < 0x80) return Buffer.concat([Buffer.of(tag, body.length), body])
  const length = Buffer.from(body.length.toString(16).padStart(4, '0'), 'hex')
  return Buffer.concat([Buffer.of(tag, 0x80 | length.length), length, body])
}

export const sequence = (...content: readonly Uint8Array[]) => tagged(0x30, ...content)

export const set = (...content: readonly Uint8Array[]) => tagged(0x31, ...content)

export const octets = (content: Uint8Array) => tagged(0x04, content)

export const utf8 = (text: string) => tagged(0x0c, Buffer.from(text))

export const yes = () => tagged(0x01, Buffer.of(0xff))

/** Writes a positive number, whose first byte is not 0: with the highest bit, it would be a negative one. */
export const integer = (bytes: Uint8Array) =>
  tagged(0x02, (bytes[0] ?? 0) < 0x80 ? Buffer.of() : Buffer.of(0), bytes)

/** Writes bits, with the number of those at the end that are not used. */
export const bits = (content: Uint8Array, unused = 0) => tagged(0x03, Buffer.of(unused), content)

/** Writes a moment: `20260101120000Z`. */
export function time(ms: number): Buffer {
  const text = new Date(ms).toISOString().replaceAll(/[-:T]|\.\d+/g, '')
  return tagged(0x18, Buffer.from(text))
}

/** Writes an identifier such as `2.5.4.3`. */
export function identifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...others] = dotted.split('.').map(Number)
  return tagged(0x06, Buffer.of(first * 40 + second, ...others.flatMap(base128)))
}

function base128(value: number): number[] {
  const digits = [value & 0x7f]
  for (let left = value >> 7; left > 0; left >>= 7) digits.unshift((left & 0x7f) | 0x80)
  return digits
}
