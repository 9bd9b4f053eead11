// Two columns wide: East Asian scripts, and symbols that are shown as pictures.
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|\ufe0f/u
const PLAIN = /^[\x20-\x7e]*$/
// Control characters could move the cursor or recolour the screen; those that turn the direction of
// writing could make one agent look like another.
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

/** A column narrower than this is harder to read than a line that the terminal breaks. */
const LEAST_FOLDED = 16

let segmenter: Intl.Segmenter | undefined

/** What people take for characters. Made only when needed: that takes 9 ms of a start. */
function charactersOf(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter()
  return segmenter.segment(text)
}

/** The text as it may be shown: agents choose their names themselves. */
export function printable(text: string): string {
  return PLAIN.test(text) ? text : text.replaceAll(UNPRINTABLE, '\ufffd')
}

/** Columns that a text takes on a terminal. */
export function textWidth(text: string): number {
  if (PLAIN.test(text)) return text.length
  let width = 0
  for (const { segment } of charactersOf(text)) width += widthOf(segment)
  return width
}

/** The text, or its beginning and `…` where it takes more columns. */
export function cut(text: string, width: number): string {
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

/** The text, filled with blanks up to a width. */
export function pad(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const blanks = ' '.repeat(Math.max(0, width - textWidth(text)))
  return align === 'left' ? text + blanks : blanks + text
}

/** The text in lines of a width, broken at blanks; as it is where there is too little room. */
export function fold(text: string, width: number): string[] {
  if (width < LEAST_FOLDED || textWidth(text) <= width) return [text]
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
