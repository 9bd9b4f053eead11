/** Returns a text as a record can have it: without control characters, and cut; undefined: none is left. */
export function printable(value: unknown, maxCharacters: number): string | undefined {
  if (typeof value !== 'string') return undefined
  const text = value.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim()
  return text === '' ? undefined : [...text].slice(0, maxCharacters).join('').trim()
}
