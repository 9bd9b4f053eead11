/** A JSON number; every number that JavaScript writes has this form. */
const NUMBER = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/

/**
 * Whether a JSON number survives being parsed and serialized by JavaScript, so that the output
 * denotes the same decimal value. `1.0` and `1e3` do; `1546130668394913822` would come back as
 * `1546130668394913800`, `1e400` as `null`.
 *
 * @param source the number as written in the JSON
 */
export function isExactNumber(source: string): boolean {
  return decimalOf(source) === decimalOf(String(Number(source)))
}

/**
 * Returns the canonical text of a JSON number, for comparisons: `1.0`, `1e0` and `1` have the same.
 * Any other text, and a number that JavaScript cannot represent exactly, is returned unchanged.
 */
export function comparableText(text: string): string {
  return NUMBER.test(text) && isExactNumber(text) ? String(Number(text)) : text
}

/** Normalizes a decimal number, however it is written. Returns undefined if it is not a number. */
function decimalOf(text: string): string | undefined {
  const parts = NUMBER.exec(text)
  if (parts === null) return undefined
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = parts
  const digits = whole + fraction
  let first = 0
  while (digits[first] === '0') first++
  if (first === digits.length) return '0'
  // A loop, because a pattern for trailing zeros takes quadratic time on zeros in the middle.
  let end = digits.length
  while (digits[end - 1] === '0') end--
  const power = Number(exponent) - fraction.length + digits.length - end
  return `${sign}${digits.slice(first, end)}e${power}`
}
