import { characterPattern, type StepCounter } from './step-counter.ts'

type Node = StepCounter['tree']

/** What classes of characters are likely to contain, and one that few contain. */
const SAMPLES = [...'a0_-. \n"\\/:@=,;A%[<é']
/** One that few patterns match. */
const OTHER = '\u0001'
const MAX_LETTERS = 7
const MAX_PREFIXES = 8
/** Ends that make a match fail, or succeed. */
const SUFFIXES = [OTHER, '']

/** A text that repeats something, as long as it is asked for. */
export type AttackText = (repetitions: number) => string

/** Returns texts that make a pattern repeat each of its parts: beginnings of what it matches, then one or two letters. */
export function attackTexts(tree: Node, flags: string): AttackText[] {
  const letters = lettersOf(tree, flags)
  const pumps = letters.flatMap((letter) => [letter, ...letters.map((other) => letter + other)])
  const example = exampleOf(tree, flags)
  const step = Math.max(1, Math.ceil(example.length / MAX_PREFIXES))
  const prefixes = ['', OTHER]
  for (let end = 1; end <= example.length; end += step) prefixes.push(example.slice(0, end))
  prefixes.push(example)
  return [...new Set(pumps)].flatMap((pump) =>
    [...new Set(prefixes)].flatMap((prefix) =>
      SUFFIXES.map((suffix) => (repetitions: number) => prefix + pump.repeat(repetitions) + suffix),
    ),
  )
}

/** The first letters that a pattern mentions, or that one of its classes contains. */
function lettersOf(tree: Node, flags: string): string[] {
  const letters = new Set<string>()
  for (const node of nodesOf(tree)) {
    if (!isCharacter(node)) continue
    const pattern = characterPattern(node, flags)
    const [found] = [...SAMPLES, ...node.raw].filter((letter) => pattern.test(letter))
    if (found !== undefined) letters.add(found)
  }
  return [...letters].slice(0, MAX_LETTERS)
}

/** Something that the pattern, or most of it, matches. */
function exampleOf(node: Node, flags: string): string {
  if (isCharacter(node)) {
    const pattern = characterPattern(node, flags)
    return [...node.raw, ...SAMPLES].find((letter) => pattern.test(letter)) ?? ''
  }
  const { body = [], type, min = 0, behavior = '' } = node
  if (type === 'anchor' || /ook(?:ahead|behind)$/.test(behavior)) return ''
  const parts = type === 'disjunction' ? body.slice(0, 1) : body
  const text = parts.map((inner) => exampleOf(inner, flags)).join('')
  return type === 'quantifier' ? text.repeat(Math.max(1, Math.min(min, 20))) : text
}

function isCharacter({ type }: Node): boolean {
  return !['disjunction', 'alternative', 'group', 'quantifier', 'anchor'].includes(type)
}

function nodesOf(node: Node): Node[] {
  return [node, ...(isCharacter(node) ? [] : (node.body ?? []).flatMap(nodesOf))]
}
