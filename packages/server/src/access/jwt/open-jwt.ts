import type { Clock } from '../../domain/clock.ts'
import type { FileReporter } from '../followed-files.ts'
import { IdentityRules } from '../identity-rules.ts'
import { JwtAuthenticator } from './jwt-authenticator.ts'
import { JWT_ALGORITHMS, type JwtOptions } from './jwt-options.ts'
import { isTrustworthyUrl } from './key-download.ts'
import { KeyFile } from './key-file.ts'
import { type KeyReporter, RemoteKeys } from './remote-keys.ts'

/** Reports what happens to the keys of the identity provider to the operator. */
export interface JwtReporter {
  /** Downloads of the keys. */
  readonly download: KeyReporter
  /** Changes of the file of keys. */
  readonly file: FileReporter<unknown>
}

/** Returns what is wrong with options, worded to follow their name. */
function jwtProblem(options: JwtOptions): string | undefined {
  const { issuer, audience, jwksUrl, keysFile, algorithms = JWT_ALGORITHMS } = options
  if (audience === '') return 'needs the name of this registry in its tokens (--jwt-audience)'
  if (jwksUrl !== undefined && keysFile !== undefined) {
    return 'takes its keys from a URL (--jwt-jwks-url) or from a file (--jwt-keys), not from both'
  }
  // The issuer of tokens whose keys are known is just a name.
  const url = jwksUrl ?? (keysFile === undefined ? issuer : undefined)
  if (url !== undefined && !isTrustworthyUrl(url)) {
    return `needs keys from a URL that begins with https:// (or http:// on this machine), not from ${url}`
  }
  const unknown = algorithms.find((it) => !(JWT_ALGORITHMS as readonly string[]).includes(it))
  if (unknown === undefined) return undefined
  return `cannot accept the algorithm "${unknown}"; possible: ${JWT_ALGORITHMS.join(', ')}`
}

/**
 * Prepares to identify callers by JSON Web Tokens.
 *
 * @throws IdentityRuleError, or Error for options that are wrong, or a file of keys that cannot be used
 */
export async function openJwt(
  options: JwtOptions,
  { clock, reporter }: { clock: Clock; reporter: JwtReporter },
): Promise<JwtAuthenticator> {
  const problem = jwtProblem(options)
  if (problem !== undefined) throw new Error(`the issuer of JSON Web Tokens ${problem}`)
  const { issuer, jwksUrl, keysFile, nameClaim = 'sub', scopeClaim, agentsClaim } = options
  const rules = IdentityRules.parse(options.rules ?? '')
  const jose = await import('jose')
  const keys =
    keysFile === undefined
      ? new RemoteKeys({ jose, from: { issuer, jwksUrl }, clock, reporter: reporter.download })
      : await KeyFile.open(keysFile, { jose, reporter: reporter.file })
  const { audience, algorithms = JWT_ALGORITHMS } = options
  return new JwtAuthenticator({
    jose,
    keys,
    clock,
    requirements: { issuer, audience, algorithms },
    mapping: { nameClaim, scopeClaim, agentsClaim, rules },
  })
}
