import {
  type AgentRegistryRepository,
  AgentRegistryServer,
  type AgentRegistryServerOptions,
  type Clock,
  MemoryAgentRegistryRepository,
  type TokenStoreProvider,
} from '@rollcall/server'
import { type TokenFileOnDisk, tokenFile } from './token-file-on-disk.ts'

/** Tokens of a guarded registry, by who has them; `agent` may change the agents of `team-a:`. */
export const TOKENS = {
  read: 'a-token-that-reads-and-changes-nothing',
  agent: 'a-token-for-the-agents-of-the-team-a',
  admin: 'a-token-that-may-do-just-about-everything',
} as const

const LINES = [
  `dashboard read * ${TOKENS.read}`,
  `ci agent team-a:* ${TOKENS.agent}`,
  `ops admin * ${TOKENS.admin}`,
]

/** A store with tokens. */
export type GuardedStore = AgentRegistryRepository & TokenStoreProvider

/** A registry that knows its callers by {@link TOKENS}. */
export interface GuardedRegistry extends AsyncDisposable {
  readonly url: string
  readonly repository: GuardedStore
  readonly file: TokenFileOnDisk
  /** Registers an agent without a request, for a principal or nobody. */
  add(agentId: string, owner?: string): Promise<void>
  /** Sends a request, with a token or none. */
  send(method: string, path: string, options?: SentRequest): Promise<Response>
}

/** What may be sent with a request. */
export interface SentRequest {
  readonly token?: string | undefined
  readonly json?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** Sends a request, with a token or none. */
export function send(
  method: string,
  url: string,
  { token, json, headers }: SentRequest = {},
  sendWith = fetch,
): Promise<Response> {
  return sendWith(url, {
    method,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(json !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(json !== undefined && { body: JSON.stringify(json) }),
  })
}

/**
 * Starts a registry with {@link TOKENS}.
 *
 * @param options.repository where its agents are, which it closes; default: in memory
 * @param options.sendWith sends requests; default: the `fetch` of Node
 */
export async function guardedRegistry({
  clock,
  repository = new MemoryAgentRegistryRepository({ clock }),
  sendWith = fetch,
  ...options
}: Omit<AgentRegistryServerOptions, 'repository'> & {
  clock?: Clock
  repository?: GuardedStore
  sendWith?: typeof fetch
} = {}): Promise<GuardedRegistry> {
  const file = await tokenFile(...LINES)
  const server = new AgentRegistryServer('memory:', {
    repository,
    tokenFile: file.path,
    anonymous: 'none',
    clock,
    ...options,
  })
  const url = await server.listen({ port: 0 })
  return {
    url,
    repository,
    file,
    add: async (agentId, owner) => {
      const card = { text: '{"name":"A"}', format: 'other' }
      const details = { protocol: 'mcp' }
      const registration = { agentId, agentName: 'A', host: '10.0.0.7', port: 8000, details, card }
      const caller = owner && ({ kind: 'token', name: owner, scope: 'admin' } as const)
      await repository.add(registration, caller || undefined)
    },
    send: (method, path, sent) => send(method, url + path, sent, sendWith),
    [Symbol.asyncDispose]: async () => {
      await server.close()
      await repository.close()
      await file[Symbol.asyncDispose]()
    },
  }
}
