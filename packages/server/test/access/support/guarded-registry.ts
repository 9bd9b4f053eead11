import {
  AgentRegistryServer,
  type AgentRegistryServerOptions,
  type Clock,
  MemoryAgentRegistryRepository,
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

/** A registry in memory that knows its callers by {@link TOKENS}. */
export interface GuardedRegistry extends AsyncDisposable {
  readonly url: string
  readonly repository: MemoryAgentRegistryRepository
  readonly file: TokenFileOnDisk
  /** Registers an agent without a request. */
  add(agentId: string): Promise<void>
  /** Sends a request, with a token or none. */
  send(method: string, path: string, options?: SentRequest): Promise<Response>
}

/** What may be sent with a request. */
export interface SentRequest {
  readonly token?: string | undefined
  readonly json?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** Starts a registry with {@link TOKENS}. */
export async function guardedRegistry({
  clock,
  ...options
}: AgentRegistryServerOptions & { clock?: Clock } = {}): Promise<GuardedRegistry> {
  const file = await tokenFile(...LINES)
  const repository = new MemoryAgentRegistryRepository({ clock })
  const server = new AgentRegistryServer('memory:', {
    repository,
    tokenFile: file.path,
    anonymous: 'none',
    ...options,
  })
  const url = await server.listen({ port: 0 })
  return {
    url,
    repository,
    file,
    add: async (agentId) => {
      await repository.add({ agentId, agentName: 'A', host: '10.0.0.7', port: 8000 })
    },
    send: (method, path, { token, json, headers } = {}) =>
      fetch(url + path, {
        method,
        headers: {
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...(json !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(json !== undefined && { body: JSON.stringify(json) }),
      }),
    [Symbol.asyncDispose]: async () => {
      await server.close()
      await repository.close()
      await file[Symbol.asyncDispose]()
    },
  }
}
