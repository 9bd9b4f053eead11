/** Strings and punctuation; all else is between them. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],]/g

/**
 * Returns the text of a member of a JSON object, byte for byte, if its value is an object or an array.
 *
 * @param text valid JSON; of duplicate members, the first counts
 */
export function memberText(text: string, name: string): string | undefined {
  let depth = 0
  let isKeyNext = false
  let key: string | undefined
  let start: number | undefined
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    if (token === '{' || token === '[') {
      depth++
      if (depth === 1) isKeyNext = token === '{'
      else if (depth === 2 && key === name) start = index
    } else if (token === '}' || token === ']') {
      depth--
      if (depth === 1 && start !== undefined) return text.slice(start, index + 1)
    } else if (depth === 1 && token === ',') {
      isKeyNext = true
    } else if (depth === 1 && isKeyNext) {
      key = JSON.parse(token)
      isKeyNext = false
    }
  }
  return undefined
}
