import { type AstNode, parse } from 'regjsparser'

/** The node of a pattern, with the properties of all kinds. */
type Node = AstNode & {
  readonly raw: string
  readonly body?: readonly Node[]
  readonly kind?: string
  readonly behavior?: string
  readonly min?: number
  readonly max?: number
  readonly greedy?: boolean
  readonly codePoint?: number
}
/** Goes on at a position; whether the rest matches. */
type Continue = (at: number) => boolean

/** More steps than a linear pattern takes for any text of the tests. */
const MAX_STEPS = 100_000

/** Returns a pattern for the one character that a node stands for. */
export function characterPattern({ codePoint, raw }: Node, flags: string): RegExp {
  const escaped = `\\u${codePoint?.toString(16).padStart(4, '0')}`
  return new RegExp(`^(?:${codePoint === undefined ? raw : escaped})$`, flags)
}

/** Thrown when a search takes more than {@link MAX_STEPS}. */
class TooManySteps extends Error {}

/**
 * Counts what a backtracking search, as that of V8, does for a text: the attempts to match a node of the pattern at a
 * position, from every position on. Independent of the machine, as a measured time would not be.
 */
export class StepCounter {
  readonly #flags: string
  readonly #root: Node
  readonly #characters = new Map<string, boolean>()
  #text = ''
  #steps = 0

  constructor({ source, flags }: { readonly source: string; readonly flags: string }) {
    this.#flags = flags.replaceAll(/[gdy]/g, '')
    const features = { lookbehind: true, namedGroups: true, unicodePropertyEscape: true }
    this.#root = parse(source, this.#flags, features) as Node
  }

  /** The pattern as a tree. */
  get tree(): Node {
    return this.#root
  }

  /** Its flags, without those of how it is used. */
  get flags(): string {
    return this.#flags
  }

  /** Returns the steps of a search that finds all matches; infinite beyond a limit. */
  stepsFor(text: string): number {
    this.#text = text
    this.#steps = 0
    try {
      for (let start = 0; start <= text.length; ) {
        let end = -1
        const isFound = this.#match(this.#root, start, (at) => {
          end = at
          return true
        })
        start = isFound ? Math.max(end, start + 1) : start + 1
      }
    } catch (error) {
      if (error instanceof TooManySteps) return Number.POSITIVE_INFINITY
      throw error
    }
    return this.#steps
  }

  #match(node: Node, at: number, next: Continue): boolean {
    if (++this.#steps > MAX_STEPS) throw new TooManySteps()
    const { body = [] } = node
    switch (node.type) {
      case 'disjunction':
        return body.some((alternative) => this.#match(alternative, at, next))
      case 'alternative':
        return this.#sequence(body, 0, at, next)
      case 'group':
        return this.#group(node, at, next)
      case 'quantifier':
        return this.#repeat(node, { at, count: 0 }, next)
      case 'anchor':
        return this.#isAnchored(node, at) && next(at)
      default:
        return at < this.#text.length && this.#isCharacter(node, at) && next(at + 1)
    }
  }

  #sequence(nodes: readonly Node[], index: number, at: number, next: Continue): boolean {
    const node = nodes[index]
    if (node === undefined) return next(at)
    return this.#match(node, at, (end) => this.#sequence(nodes, index + 1, end, next))
  }

  #group({ behavior = '', body = [], raw }: Node, at: number, next: Continue): boolean {
    if (behavior.endsWith('ookbehind')) return this.#test(raw, at) && next(at)
    if (!behavior.endsWith('ookahead')) return this.#sequence(body, 0, at, next)
    const isFound = this.#sequence(body, 0, at, () => true)
    return isFound === (behavior === 'lookahead') && next(at)
  }

  #repeat(node: Node, { at, count }: { at: number; count: number }, next: Continue): boolean {
    const { min = 0, max = Number.POSITIVE_INFINITY, greedy = true, body = [] } = node
    const again = (): boolean =>
      count < max &&
      this.#sequence(body, 0, at, (end) => {
        // An empty repetition changes nothing.
        if (end === at && count >= min) return false
        return this.#repeat(node, { at: end, count: count + 1 }, next)
      })
    if (count < min) return again()
    return greedy ? again() || next(at) : next(at) || again()
  }

  #isAnchored({ kind, raw }: Node, at: number): boolean {
    if (kind === 'start' && !this.#flags.includes('m')) return at === 0
    if (kind === 'end' && !this.#flags.includes('m')) return at === this.#text.length
    return this.#test(raw, at)
  }

  /** Asks the real engine, for what costs as good as nothing. */
  #test(raw: string, at: number): boolean {
    const pattern = new RegExp(raw, `${this.#flags}y`)
    pattern.lastIndex = at
    return pattern.test(this.#text)
  }

  #isCharacter(node: Node, at: number): boolean {
    const key = `${this.#text[at]}${node.raw}`
    const known = this.#characters.get(key)
    if (known !== undefined) return known
    const isMatch = characterPattern(node, this.#flags).test(this.#text[at] ?? '')
    this.#characters.set(key, isMatch)
    return isMatch
  }
}
