// Two columns wide: East Asian scripts and emoji.
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|\ufe0f/u
const PLAIN = /^[\x20-\x7e]*$/
// Control characters could move the cursor or change colours; bidirectional controls could make one
// agent look like another.
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

/** A narrower column is harder to read than a line wrapped by the terminal. */
const MIN_WRAP_WIDTH = 16

let segmenter: Intl.Segmenter | undefined

/** Splits text into graphemes. Created on demand: the segmenter takes 9 ms of the startup time. */
function charactersOf(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter()
  return segmenter.segment(text)
}

/** Replaces unprintable characters, since agents choose their own names. */
export function printable(text: string): string {
  return PLAIN.test(text) ? text : text.replaceAll(UNPRINTABLE, '\ufffd')
}

/** Returns the width of a text on a terminal, in columns. */
export function textWidth(text: string): number {
  if (PLAIN.test(text)) return text.length
  let width = 0
  for (const { segment } of charactersOf(text)) width += widthOf(segment)
  return width
}

/** Truncates a text to a width, with `…` at the end. */
export function truncate(text: string, width: number): string {
  if (textWidth(text) <= width) return text
  if (PLAIN.test(text)) return `${text.slice(0, width - 1)}…`
  let kept = ''
  let room = width - 1
  for (const { segment } of charactersOf(text)) {
    room -= widthOf(segment)
    if (room < 0) break
    kept += segment
  }
  return `${kept}…`
}

/** Pads a text with spaces to a width. */
export function pad(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const spaces = ' '.repeat(Math.max(0, width - textWidth(text)))
  return align === 'left' ? text + spaces : spaces + text
}

/** Wraps a text at spaces; returns it unchanged if the width is too small. */
export function wrap(text: string, width: number): string[] {
  if (width < MIN_WRAP_WIDTH || textWidth(text) <= width) return [text]
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const line = lines.at(-1)
    if (line === undefined || textWidth(line) + 1 + textWidth(word) > width) lines.push(word)
    else lines[lines.length - 1] = `${line} ${word}`
  }
  return lines
}

function widthOf(character: string): number {
  return WIDE.test(character) ? 2 : 1
}
