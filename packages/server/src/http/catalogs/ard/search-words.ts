import { searchWords } from '../../../domain/query/search-text.ts'
import { SERVER_LIMITS } from '../../../limits/server-limits.ts'

/** English words that say nothing of what is looked for. */
const STOP_WORDS = new Set(
  (
    'a about agent agents all am an and any are as at be but by can could do does find for from get give has have how i ' +
    'in is it its list looking me my need of on or our please search show some something that the them then there this ' +
    'to tool tools up use using want we what when where which who will with would you your'
  ).split(' '),
)

/**
 * Returns the words of a sentence that are looked for, normalized as texts of agents are, the longest first. Plurals
 * lose their `s`, because words are found within others. If all are stop words, they are looked for themselves.
 */
export function wordsToFind(text: string): string[] {
  const words = searchWords(text.replaceAll(/[^\p{L}\p{M}\p{N}]/gu, ' '))
  const telling = words.filter((word) => !STOP_WORDS.has(word) && word.length > 1)
  const chosen = (telling.length > 0 ? telling : words).map(singular)
  return [...new Set(chosen)]
    .toSorted((a, b) => b.length - a.length)
    .slice(0, SERVER_LIMITS.ardWords.value)
}

function singular(word: string): string {
  return word.length > 3 && word.endsWith('s') && !word.endsWith('ss') ? word.slice(0, -1) : word
}
