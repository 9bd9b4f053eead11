import { LIMITS, SCOPES, TOKEN_NAME_PATTERN } from '@rollcall/protocol'
import { digestOf, patternsFlaw, principalOf, readsFlaw } from './access-token.ts'
import { invalidPattern, isScope } from './agent-patterns.ts'
import { ALL_AGENTS, type Principal } from './principal.ts'

/** Fewest characters of a token in clear text: fewer could be guessed, or be what is written so far of a longer one. */
const MIN_TOKEN_CHARACTERS = 32
const CLEAR_TOKEN = /^[\w.~+/-]+=*$/
const READS = 'reads='
const HASHED_TOKEN = /^sha256:([0-9a-f]{64})$/i

/** Thrown for a list that is not complete and valid; the message names the line, and never quotes a token. */
class TokenListError extends Error {
  override readonly name = 'TokenListError'
}

/**
 * Parses a list of tokens: lines of `name scope patterns token`, with patterns separated by commas, and a token in
 * clear text or as `sha256:` and 64 hexadecimal digits. `reads=patterns` before the token limits what it sees: not after
 * it, where a line that is cut off would allow more. Blank lines, and lines that begin with `#`, are ignored.
 *
 * @returns the principals by the digests of their tokens; at least one
 * @throws TokenListError
 */
export function parseTokenList(text: string): Map<string, Principal> {
  const principals = new Map<string, Principal>()
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(#|$)/.test(line)) continue
    try {
      const { digest, principal } = parseLine(line)
      if (principals.has(digest)) throw new TokenListError('has the token of another line')
      principals.set(digest, principal)
    } catch (error) {
      throw new TokenListError(`line ${index + 1} ${(error as Error).message}`)
    }
  }
  if (principals.size === 0) throw new TokenListError('there is no token in it')
  return principals
}

function parseLine(line: string): { digest: string; principal: Principal } {
  const [name = '', scope = '', patterns = '', ...rest] = line.trim().split(/\s+/)
  const token = rest.pop()
  if (token === undefined || rest.length > 1) {
    throw new TokenListError('must be: name scope patterns token')
  }
  const isTooLong = name.length > LIMITS.tokenNameCharacters
  if (isTooLong || !new RegExp(TOKEN_NAME_PATTERN).test(name)) {
    throw new TokenListError('has an invalid name: use letters, digits and . _ : @ / + -')
  }
  if (!isScope(scope)) throw new TokenListError(`must have one of the scopes ${SCOPES.join(', ')}`)
  const grant = { name, scope, patterns: patterns.split(','), reads: readsIn(rest[0]) }
  const flaw = invalidPattern([...grant.patterns, ...grant.reads]) ?? patternsFlaw(grant)
  if (flaw !== undefined) throw new TokenListError(flaw)
  const flawOfReads = readsFlaw(grant)
  if (flawOfReads !== undefined) throw new TokenListError(`has reads that ${flawOfReads}`)
  return { digest: digestIn(token), principal: principalOf(grant) }
}

function readsIn(option = `${READS}${ALL_AGENTS}`): string[] {
  if (option.startsWith(READS)) return option.slice(READS.length).split(',')
  throw new TokenListError('may have nothing but reads=patterns between its patterns and its token')
}

function digestIn(token: string): string {
  const [, hashed] = HASHED_TOKEN.exec(token) ?? []
  if (hashed !== undefined) return hashed.toLowerCase()
  if (token.includes(':')) {
    throw new TokenListError('has an incomplete hash: sha256: and 64 hexadecimal digits')
  }
  if (token.length < MIN_TOKEN_CHARACTERS || !CLEAR_TOKEN.test(token)) {
    throw new TokenListError(
      `has an invalid token: use at least ${MIN_TOKEN_CHARACTERS} letters, digits and . _ ~ + / -`,
    )
  }
  return digestOf(token)
}
