import { type Scope, TokenId, TokenRequest, type Whoami } from '@rollcall/protocol'
import { object } from '@rollcall/protocol/json-schema'
import type { FastifyInstance } from 'fastify'
import { patternsFlaw, readsFlaw } from '../../access/access-token.ts'
import { ALL_AGENTS, type Principal, UNRESTRICTED } from '../../access/principal.ts'
import type { ServerAccess } from '../../access/server-access.ts'
import type { StoredTokens } from '../../access/stored-tokens.ts'
import { toWireToken } from '../../access/token-json.ts'
import { sendJson } from '../agents/agent-routes.ts'
import { route } from '../requests/routing.ts'
import { Validator, validationFailed } from '../requests/validation.ts'
import { tokensUnsupported } from './access-problems.ts'

const request = new Validator<TokenRequest>(TokenRequest)
const params = new Validator<{ token_id: string }>(object({ token_id: TokenId }), '/path')

/** Adds the routes by which operators decide who may call the registry. */
export function tokenRoutes(app: FastifyInstance, access: ServerAccess): void {
  route(app, 'createToken', async (sent, reply) => {
    const {
      name,
      scope,
      agents,
      reads = [ALL_AGENTS],
      expires_in_seconds,
    } = request.parse(sent.body)
    const patterns = agents ?? [ALL_AGENTS]
    const flaw = patternsFlaw({ scope, patterns })
    if (flaw !== undefined) throw validationFailed([{ pointer: '/agents', message: flaw }])
    const flawOfReads = readsFlaw({ scope, patterns, reads })
    if (flawOfReads) throw validationFailed([{ pointer: '/reads', message: flawOfReads }])
    // Otherwise nobody could create another one.
    if (sent.principal === UNRESTRICTED && scope !== 'admin') {
      const message = 'must be admin for the first token: only with it, others can be created'
      throw validationFailed([{ pointer: '/scope', message }])
    }
    const expiresInSeconds = expires_in_seconds
    const createdBy = sent.principal === UNRESTRICTED ? sent.ip : sent.principal.name
    const order = { name, scope, patterns, reads, expiresInSeconds, createdBy }
    const { token, text } = await tokensOf(access).create(order)
    sent.changedToken = token.id
    return sendJson(reply, JSON.stringify({ ...toWireToken(token), token: text }))
  })

  route(app, 'listTokens', async (_sent, reply) => {
    return sendJson(reply, JSON.stringify((await tokensOf(access).list()).map(toWireToken)))
  })

  route(app, 'revokeToken', async (sent, reply) => {
    const { token_id: id } = params.parse(sent.params)
    sent.changedToken = id
    return sendJson(reply, JSON.stringify({ id, revoked: await tokensOf(access).revoke(id) }))
  })

  route(app, 'whoami', ({ principal }, reply) => {
    sendJson(reply, JSON.stringify(toWhoami(principal)))
  })
}

/** The scope is not `none`: such a caller is refused. */
function toWhoami({ kind, name, scope, patterns, reads }: Principal): Whoami {
  return {
    ...{ kind, name },
    scope: scope as Scope,
    agents: [...patterns],
    reads: reads === undefined ? null : [...reads],
  }
}

/** @throws HttpProblem `TOKENS_UNSUPPORTED` */
function tokensOf({ tokens }: ServerAccess): StoredTokens {
  if (tokens === undefined) throw tokensUnsupported()
  return tokens
}
