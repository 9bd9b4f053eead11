/** As JSON has them; JavaScript writes no others. */
const NUMBER = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/

/**
 * Whether a number of JSON survives being read and written again by JavaScript: the text that comes
 * out denotes the same decimal value. `1.0` and `1e3` do; `1546130668394913822` would come back as
 * `1546130668394913800`, `1e400` as `null`.
 *
 * @param source the number as it stands in the JSON
 */
export function isKeptNumber(source: string): boolean {
  return decimalOf(source) === decimalOf(String(Number(source)))
}

/**
 * The text under which a number of JSON is compared with others: `1.0`, `1e0` and `1` have the same.
 * Any other text, and a number that JavaScript cannot keep, stays as it is.
 */
export function comparableText(text: string): string {
  return NUMBER.test(text) && isKeptNumber(text) ? String(Number(text)) : text
}

/** The value of a decimal number as one text, however it is written; undefined: it is none. */
function decimalOf(text: string): string | undefined {
  const parts = NUMBER.exec(text)
  if (parts === null) return undefined
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = parts
  const digits = whole + fraction
  let first = 0
  while (digits[first] === '0') first++
  if (first === digits.length) return '0'
  // A loop: a pattern for zeros at the end takes quadratic time on zeros that are not.
  let end = digits.length
  while (digits[end - 1] === '0') end--
  const power = Number(exponent) - fraction.length + digits.length - end
  return `${sign}${digits.slice(first, end)}e${power}`
}
