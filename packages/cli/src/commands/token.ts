import { SCOPES, type Scope, type TokenRequest } from '@rollcall/protocol'
import { Argument, type Command, Option } from 'commander'
import { agentIdList, lifetime, oneOf, tokenId, tokenName } from '../options/option-values.ts'
import { type RegistryOptions, registryCommand } from '../options/registry-options.ts'
import { CommandFailure } from '../output/failure.ts'
import { print, printHint } from '../output/terminal.ts'
import { tokenLines } from '../output/token-table.ts'
import {
  type TokenDirectory,
  tokensOfRegistry,
  withTokensOfStore,
} from '../registry/token-directory.ts'
import { withRegistry } from '../registry/with-registry.ts'
import { reportStoreFailure } from '../store/store-failure.ts'

const ACTIONS = ['create', 'list', 'revoke'] as const
type Action = (typeof ACTIONS)[number]

interface TokenOptions extends RegistryOptions {
  readonly name?: string
  readonly scope?: Scope
  readonly agents?: readonly string[]
  readonly reads?: readonly string[]
  readonly expires?: number
  readonly db?: string
  readonly dbSchema: string
}

/** `rollcall token` decides who may call a registry. */
export function tokenCommand(): Command {
  return registryCommand('token', [
    'rollcall token create --db sqlite:///rollcall.db --name alice --scope admin',
    "rollcall token create --name ci --scope agent --agents 'team-a:*' --expires 30d",
    "rollcall token create --name ui --scope read --reads 'team-a:*'",
    'rollcall token list',
    'rollcall token revoke 3f9c1a7be204',
  ])
    .description('Create, list and revoke tokens; see docs/guides/security.md.')
    .usage('create|list|revoke [id] [options]')
    .addArgument(new Argument('<action>', 'What to do').choices(ACTIONS))
    .argument('[id]', 'The id of the token to revoke', tokenId)
    .option('--name <name>', 'Who uses the new token', tokenName)
    .addOption(
      new Option('--scope <scope>', 'What it allows: each scope includes those before it')
        .choices(SCOPES)
        .argParser(oneOf(SCOPES)),
    )
    .option(
      '--agents <ids>',
      'Agents that it may change: ids, or team-a:* (default: all)',
      agentIdList,
    )
    .option('--reads <ids>', 'Agents that it sees, besides --agents (default: all)', agentIdList)
    .option(
      '--expires <duration>',
      'When it expires, such as 30d or 12h (default: never)',
      lifetime,
    )
    .option(
      '--db <url>',
      'Store that no registry is using, or a PostgreSQL database, in place of a registry',
    )
    .option('--db-schema <name>', 'PostgreSQL schema of the registry', 'rollcall')
    .addHelpText(
      'after',
      `
create prints the token on stdout, once: the registry stores only a hash of it.
The first token begins access control, and must have the scope admin. For a
registry that may not start without it, create it with --db.

read   lists, events, metrics
agent  also register, heartbeat and deregister, for --agents
admin  also maintenance, cleanup and tokens, for all agents

A token sees the agents in --reads and those that it may change.`,
    )
    .action((action: Action, id: string | undefined, options: TokenOptions) =>
      withTokens(action, options, (tokens) => perform(tokens, { action, id, options })),
    )
}

/** Runs with the tokens of a registry, or with `--db` those of a store. */
async function withTokens(
  action: Action,
  options: TokenOptions,
  work: (tokens: TokenDirectory) => Promise<void>,
): Promise<void> {
  const { db, dbSchema: schema, json } = options
  if (db === undefined) {
    await withRegistry(options, () => work(tokensOfRegistry(options)))
    return
  }
  try {
    await withTokensOfStore({ db, schema, mustExist: action !== 'create' }, work)
  } catch (error) {
    reportStoreFailure(error, json)
  }
}

async function perform(
  tokens: TokenDirectory,
  { action, id, options }: { action: Action; id: string | undefined; options: TokenOptions },
): Promise<void> {
  switch (action) {
    case 'create':
      return create(tokens, options)
    case 'list':
      return list(tokens, options)
    case 'revoke':
      return revoke(tokens, id, options)
  }
}

async function create(tokens: TokenDirectory, options: TokenOptions): Promise<void> {
  const { token, ...created } = await tokens.create(requestIn(options))
  if (options.json) return await print(`${JSON.stringify({ ...created, token })}\n`)
  await print(`${token}\n`)
  const { id, name, scope } = created
  printHint(
    `Keep it: it is not shown again. Revoke it with: rollcall token revoke ${id} (${name}, ${scope})`,
  )
}

function requestIn({ name, scope, agents, reads, expires }: TokenOptions): TokenRequest {
  if (name === undefined || scope === undefined) {
    throw new CommandFailure('USAGE', 'token create needs --name and --scope')
  }
  return {
    name,
    scope,
    ...(agents && { agents: [...agents] }),
    ...(reads && { reads: [...reads] }),
    ...(expires !== undefined && { expires_in_seconds: expires }),
  }
}

async function list(tokens: TokenDirectory, { json }: TokenOptions): Promise<void> {
  const found = await tokens.list()
  if (json) await print(`${JSON.stringify(found)}\n`)
  else if (found.length === 0) printHint('There are no tokens.')
  else await print(tokenLines(found).join(''))
}

async function revoke(
  tokens: TokenDirectory,
  id: string | undefined,
  { json }: TokenOptions,
): Promise<void> {
  if (id === undefined) throw new CommandFailure('USAGE', 'token revoke needs the id of a token')
  const revoked = await tokens.revoke(id)
  if (!revoked) throw new CommandFailure('TOKEN_NOT_FOUND', `there is no token ${id}`)
  await print(json ? `${JSON.stringify({ id, revoked })}\n` : `revoked ${id}\n`)
}
