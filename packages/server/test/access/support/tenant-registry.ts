import {
  type AgentRegistryRepository,
  AgentRegistryServer,
  createStorageBackend,
} from '@rollcall/server'
import { type FreshStore, freshStore } from '../../../../../test/stores/fresh-store.ts'
import { type SentRequest, send } from './guarded-registry.ts'
import { type TokenFileOnDisk, tokenFile } from './token-file-on-disk.ts'

/** Tokens of two teams, each of which sees its own agents, and of those who see all. */
export const TENANTS = {
  readerOfA: 'a-token-that-reads-the-agents-of-team-a',
  agentsOfA: 'a-token-that-changes-the-agents-of-team-a',
  readerOfB: 'a-token-that-reads-the-agents-of-team-b',
  reader: 'a-token-that-reads-all-agents-of-all-teams',
  admin: 'a-token-that-may-do-just-about-everything',
} as const

const LINES = [
  `ui-a read * reads=team-a:* ${TENANTS.readerOfA}`,
  `ci-a agent team-a:* reads=team-a:* ${TENANTS.agentsOfA}`,
  `ui-b read * reads=team-b:* ${TENANTS.readerOfB}`,
  `prometheus read * ${TENANTS.reader}`,
  `ops admin * ${TENANTS.admin}`,
]

/** The stores of a registry. */
export const TENANT_STORES = ['memory', 'sqlite', 'postgres'] as const

/** A registry of two teams that name their agents alike: `team-a:web`, `team-b:web`, … */
export interface TenantRegistry extends AsyncDisposable {
  readonly url: string
  readonly repository: AgentRegistryRepository
  readonly file: TokenFileOnDisk
  /** Registers an agent of a principal of its team; all that a response could show of it names the team. */
  add(agentId: string): Promise<void>
  send(method: string, path: string, sent: SentRequest & { token: string }): Promise<Response>
}

/** Starts a registry with the agents `web` and `db` of two teams, one more agent, and an agent of team b that is gone. */
export async function tenantRegistry(
  store: (typeof TENANT_STORES)[number],
): Promise<TenantRegistry> {
  const fresh: FreshStore | undefined = store === 'memory' ? undefined : await freshStore(store)
  const repository = await createStorageBackend(fresh?.url ?? 'memory:')
  const file = await tokenFile(...LINES)
  const server = new AgentRegistryServer('memory:', {
    repository,
    tokenFile: file.path,
    anonymous: 'none',
  })
  const add = async (agentId: string, instanceId?: string): Promise<void> => {
    const [team = '', agentName = ''] = agentId.split(':')
    const host = `${agentName}.${team}.internal`
    const metadata = { [`of-${team}`]: team }
    const details = { protocol: 'mcp' }
    const profile = { agentName, host, port: 80, capabilities: [team], details, metadata }
    const card = { text: JSON.stringify({ name: `card of-${team}` }), format: 'other' }
    const agent = { agentId, ...profile, instanceId, card }
    await repository.add(agent, { kind: 'token', name: `${team}-ci`, scope: 'agent' })
  }
  for (const id of [
    'team-b:web',
    'team-a:web',
    'team-b:gone',
    'misc:one',
    'team-a:db',
    'team-b:db',
  ]) {
    await add(id)
    // Reasons name the team as well: the owner, and the instance that took over.
    await add(id, `${id.split(':', 1)[0]}-2`)
  }
  await repository.delete('team-b:gone')
  for (const pattern of ['team-b:*', 'team-*', 'team-a:db', 'team-b:db', 'misc:one']) {
    await repository.setMaintenance(pattern, { reason: `update of ${pattern}`, by: 'ops' })
  }
  const url = await server.listen({ port: 0 })
  return {
    ...{ url, repository, file, add },
    send: (method, path, sent) => send(method, url + path, sent),
    [Symbol.asyncDispose]: async () => {
      await server.close()
      await repository.close()
      await file[Symbol.asyncDispose]()
      await fresh?.[Symbol.asyncDispose]()
    },
  }
}
