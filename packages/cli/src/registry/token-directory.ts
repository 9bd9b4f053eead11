import { TokenApi } from '@rollcall/client'
import { httpFetch } from '@rollcall/client/node'
import type { CreatedToken, Token, TokenRequest } from '@rollcall/protocol'
import { operatorName } from '../options/operator-name.ts'
import { CommandFailure } from '../output/failure.ts'
import { parseStore, requireSchema } from '../store/store-failure.ts'

/** Where tokens are created, listed and revoked: in a registry, or in a store that no registry is using. */
export interface TokenDirectory {
  create(request: TokenRequest): Promise<CreatedToken>
  list(): Promise<readonly Token[]>
  revoke(id: string): Promise<boolean>
}

/** Returns the tokens of the registry at a URL. */
export function tokensOfRegistry(options: { registry: string; timeout: number }): TokenDirectory {
  const { registry: registryUrl, timeout } = options
  return new TokenApi({ registryUrl, timeoutMs: timeout * 1000, fetch: httpFetch(), logger: null })
}

/**
 * Works with the tokens of a store, without a registry.
 *
 * @param options.mustExist whether to fail if there is no file
 */
export async function withTokensOfStore(
  options: { db: string; schema: string; mustExist: boolean },
  work: (tokens: TokenDirectory) => Promise<void>,
): Promise<void> {
  const server = await import('@rollcall/server')
  parseStore(server, options.db)
  requireSchema(server, options.schema)
  await using tokens = await server.openTokens(options.db, options)
  await work({
    create: async ({ name, scope, agents, expires_in_seconds: expiresInSeconds, ...more }) => {
      const { reads = ['*'] } = more
      const patterns = agents ?? ['*']
      const flaw = server.patternsFlaw({ scope, patterns })
      if (flaw !== undefined) throw new CommandFailure('USAGE', `--agents ${flaw}`)
      const flawOfReads = server.readsFlaw({ scope, patterns, reads })
      if (flawOfReads) throw new CommandFailure('USAGE', `--reads ${flawOfReads}`)
      const order = { name, scope, patterns, reads, expiresInSeconds, createdBy: operatorName() }
      const { token, text } = await tokens.create(order)
      return { ...server.toWireToken(token), token: text }
    },
    list: async () => (await tokens.list()).map(server.toWireToken),
    revoke: (id) => tokens.revoke(id),
  })
}
