// Two nodes on PostgreSQL, and an agent of the client, all with certificates that are replaced while they run.
import { AgentRegistryClient, DiscoveryClient } from '@rollcall/client'
import { type ClientTlsFiles, httpFetch } from '@rollcall/client/node'
import { expect, test } from 'vitest'
import { RegistryProcess } from '../e2e/support/registry-process.ts'
import { freshDatabase } from '../postgres/support/shared-postgres.ts'
import { type Authority, authority } from './support/authority.ts'
import { Files } from './support/files.ts'

const AGENT_ID = 'team-a:crawler'

/** Writes a certificate and its key, as `NAME.pem` and `NAME-key.pem`. */
function issueTo(files: Files, name: string, issuer: Authority, uri?: string) {
  const { cert, key } = issuer.issue(uri ? { names: [{ type: 'url', value: uri }] } : {})
  return {
    certFile: files.write(`${name}.pem`, cert),
    keyFile: files.write(`${name}-key.pem`, key),
  }
}

const issueToAgent = (files: Files, issuer: Authority) =>
  issueTo(files, 'agent', issuer, 'spiffe://test/ns/team-a/sa/crawler')

async function startNode(files: Files, db: string): Promise<RegistryProcess> {
  const rules = 'spiffe://test/ns/*/sa/* = agent $1:*; localhost = read'
  const tls = ['--tls-cert', files.path('node.pem'), '--tls-key', files.path('node-key.pem')]
  const clients = ['--tls-client-ca', files.path('clients.pem'), '--tls-client-rules', rules]
  const args = [...tls, ...clients, '--anonymous', 'none']
  return await RegistryProcess.start({ cwd: files.path('.'), db, args })
}

/** Resolves once all nodes have read their files again so many times; more if they were being written. */
async function reloaded(nodes: readonly RegistryProcess[], times: number): Promise<void> {
  const count = ({ output }: RegistryProcess) => output.split('TLS files have changed').length - 1
  await expect.poll(() => Math.min(...nodes.map(count))).toBeGreaterThanOrEqual(times)
}

test('an agent stays alive while all certificates are replaced, and while a node dies', async () => {
  using files = new Files()
  await using database = await freshDatabase()
  const [servers, oldClients, newClients] = [authority('S'), authority('Old'), authority('New')]
  const caFile = files.write('ca.pem', servers.cert)
  files.write('clients.pem', oldClients.cert)
  issueTo(files, 'node', servers)
  await using one = await startNode(files, database.url)
  await using two = await startNode(files, database.url)
  const nodes = [one, two]
  const mine = { caFile, ...issueToAgent(files, oldClients) }
  const old = { ...issueTo(files, 'old', oldClients), caFile }
  const clientOf = ({ url: registryUrl }: RegistryProcess, tls: ClientTlsFiles) =>
    new DiscoveryClient({ registryUrl, fetch: httpFetch(tls), logger: null })
  await using agent = await AgentRegistryClient.join({
    agentId: AGENT_ID,
    agentName: 'Crawler',
    host: '10.0.0.7',
    heartbeatIntervalSeconds: 0.2,
    registryUrl: nodes.map(({ url }) => url),
    fetch: httpFetch(mine),
    logger: null,
  })
  const lost: unknown[] = []
  agent.on('lost', (event) => lost.push(event))
  agent.on('reregistered', (event) => lost.push(event))
  for (const node of nodes) expect((await clientOf(node, old).get(AGENT_ID))?.isAlive).toBe(true)

  // Both authorities are accepted while agents change over.
  files.write('clients.pem', `${oldClients.cert}\n${newClients.cert}`)
  await reloaded(nodes, 1)
  issueToAgent(files, newClients)
  const reader = clientOf(two, { ...issueTo(files, 'new', newClients), caFile })
  await agent.heartbeat()
  files.write('clients.pem', newClients.cert)
  issueTo(files, 'node', servers)
  await reloaded(nodes, 2)
  for (const node of nodes) {
    const refused = clientOf(node, old).get(AGENT_ID)
    await expect(refused).rejects.toThrow('The client certificate is not accepted')
  }
  const beat = async () => (await reader.get(AGENT_ID))?.lastHeartbeat.getTime() ?? 0
  const afterRotation = await beat()
  await expect.poll(beat).toBeGreaterThan(afterRotation)

  await one.kill()
  const afterKill = await beat()
  await expect.poll(beat).toBeGreaterThan(afterKill)
  expect(lost).toEqual([])
  const history = await reader.history(AGENT_ID)
  expect(history?.map(({ type }) => type)).toEqual(['registered'])
})
