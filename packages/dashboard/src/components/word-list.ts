/** Returns what a text lists, separated by commas. */
export function listIn(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
}

/** Returns the patterns of ids in a text, separated by commas or whitespace. */
export function patternsIn(text: string): string[] {
  return text.split(/[\s,]+/).filter((pattern) => pattern !== '')
}
