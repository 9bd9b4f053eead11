import { SCOPES } from '@rollcall/protocol'
import { patternsFlaw, readsFlaw } from './access-token.ts'
import { invalidPattern, isScope } from './agent-patterns.ts'
import { ALL_AGENTS, type Grant, visibleTo } from './principal.ts'

/** Thrown for rules that cannot be read; the message quotes the rule. */
class IdentityRuleError extends Error {
  override readonly name = 'IdentityRuleError'
}

/** What a part of a name must be for an agent pattern to be built from it. */
const ID_PART = /^[\w.-]+$/
/** `*` stands for one part of a name, `**` for the rest of it. */
const WILDCARDS: Readonly<Record<string, string>> = { '*': '([^:/]+)', '**': '(.+)' }
const REFERENCE = /\$(\d)/g
const RULE = /^(\S.*?)\s+=\s+(\S+)(?:\s+(?!reads=)(\S+))?(?:\s+reads=(\S+))?$/
/** Most wildcards in a name: with each, the time to find out that a name does not fit may grow with its length. */
const MAX_WILDCARDS = 3

interface IdentityRule extends Grant {
  readonly name: RegExp
}

/**
 * Says what the identities of others (of an identity provider, or in client certificates) may do here. The first
 * rule whose name fits decides.
 */
export class IdentityRules {
  readonly #rules: readonly IdentityRule[]

  private constructor(rules: readonly IdentityRule[]) {
    this.#rules = rules
  }

  /**
   * Reads rules, which are separated by `;` or new lines: `NAME = SCOPE PATTERNS reads=PATTERNS`. In the name, `*`
   * stands for one part without `:` and `/`, and `**` for anything. Patterns are agent ids, or beginnings of ids
   * followed by `*`, separated by commas; `$1` in them is what the first `*` of the name stands for. Those of `reads`
   * are what the identity sees, besides what it may change; without them, it sees all.
   *
   * @throws IdentityRuleError
   */
  static parse(text: string): IdentityRules {
    const lines = text.split(/[;\n]/).map((line) => line.trim())
    return new IdentityRules(lines.filter((line) => line !== '').map(parseRule))
  }

  /** Whether some identities see only some agents. */
  get limitReads(): boolean {
    return this.#rules.some((rule) => visibleTo(rule) !== undefined)
  }

  /** Returns what an identity may do; undefined: no rule fits. */
  grantOf(name: string): Grant | undefined {
    for (const rule of this.#rules) {
      const parts = rule.name.exec(name)
      const patterns = parts && filledIn(rule.patterns, parts)
      const reads = parts && filledIn(rule.reads, parts)
      if (patterns && reads) return { scope: rule.scope, patterns, reads }
    }
    return undefined
  }
}

function parseRule(line: string): IdentityRule {
  const [, name = '', scope, list, visible] = RULE.exec(line) ?? []
  const fail = (why: string) => new IdentityRuleError(`the rule "${line}" ${why}`)
  if (!isScope(scope)) {
    throw fail(
      `must be NAME = SCOPE PATTERNS reads=PATTERNS, with one of the scopes ${SCOPES.join(', ')}`,
    )
  }
  if (scope === 'agent' && list === undefined) {
    throw fail(`must end with the agents that may be changed; ${ALL_AGENTS} for all`)
  }
  const grant = { scope, patterns: patternsIn(list), reads: patternsIn(visible) }
  const all = [...grant.patterns, ...grant.reads]
  const flaw = invalidPattern(withoutReferences(all)) ?? patternsFlaw(grant)
  if (flaw !== undefined) throw fail(flaw)
  const flawOfReads = readsFlaw(grant)
  if (flawOfReads !== undefined) throw fail(`has reads that ${flawOfReads}`)
  const wildcards = name.match(/\*+/g) ?? []
  if (wildcards.some((wildcard) => WILDCARDS[wildcard] === undefined)) {
    throw fail('has a wildcard other than * and **')
  }
  if (wildcards.length > MAX_WILDCARDS) throw fail(`has more than ${MAX_WILDCARDS} wildcards`)
  const references = all.flatMap((pattern) => [...pattern.matchAll(REFERENCE)])
  const missing = references.find(([, n]) => Number(n) < 1 || Number(n) > wildcards.length)
  if (missing) throw fail(`has ${missing[0]}, but its name has ${wildcards.length} wildcards`)
  return { ...grant, name: nameExpression(name) }
}

function patternsIn(list: string | undefined): string[] {
  return list?.split(',') ?? [ALL_AGENTS]
}

function nameExpression(name: string): RegExp {
  const parts = name.split(/(\*+)/).map((part) => WILDCARDS[part] ?? escaped(part))
  return new RegExp(`^${parts.join('')}$`, 'u')
}

/** `RegExp.escape` needs Node 24. */
function escaped(text: string): string {
  return text.replaceAll(/[\\^$.+?()[\]{}|]/g, '\\$&')
}

/** A part of a name is at least one character of an id. */
function withoutReferences(patterns: readonly string[]): string[] {
  return patterns.map((pattern) => pattern.replaceAll(REFERENCE, 'x'))
}

/** Fills parts of a name into patterns; undefined if they are not part of an id, so `*` is never filled in. */
function filledIn(patterns: readonly string[], parts: RegExpExecArray): string[] | undefined {
  let isFit = true
  const filled = patterns.map((pattern) =>
    pattern.replaceAll(REFERENCE, (_reference, number) => {
      const part = parts[number] ?? ''
      isFit &&= ID_PART.test(part)
      return part
    }),
  )
  return isFit && invalidPattern(filled) === undefined ? filled : undefined
}
