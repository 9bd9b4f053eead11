// A registry with TLS as operators start it, and the commands and clients that reach it.
import { AgentRegistryClient } from '@rollcall/client'
import { httpFetch, joinFromWorker } from '@rollcall/client/node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { RegistryProcess } from '../e2e/support/registry-process.ts'
import { runRollcall, spawnRollcall } from '../e2e/support/rollcall-command.ts'
import { type Authority, authority } from './support/authority.ts'
import { Files } from './support/files.ts'

const files = new Files()
let clients: Authority
let registry: RegistryProcess
let serverArgs: readonly string[]

const CA = files.path('ca.pem')
const CERT = files.path('me.pem')
const KEY = files.path('me-key.pem')
const OWN = ['--cert', CERT, '--key', KEY]
const VARIABLES = { ROLLCALL_CA_FILE: CA, ROLLCALL_CERT_FILE: CERT, ROLLCALL_KEY_FILE: KEY }

beforeAll(async () => {
  const servers = authority('Servers')
  clients = authority('Clients')
  files.write('ca.pem', servers.cert)
  const { cert, key } = servers.issue()
  const me = clients.issue({ names: [{ type: 'url', value: 'spiffe://test/me' }] })
  files.write('me.pem', me.cert)
  files.write('me-key.pem', me.key)
  serverArgs = [
    ...['--tls-cert', files.write('server.pem', cert)],
    ...['--tls-key', files.write('server-key.pem', key)],
    ...['--tls-client-ca', files.write('clients.pem', clients.cert)],
    ...['--tls-client-rules', 'spiffe://test/me = admin; ** = read'],
  ]
  // The files of clients may be there as well.
  const options = { cwd: files.path('.'), db: 'memory:', args: serverArgs, env: VARIABLES }
  registry = await RegistryProcess.start(options)
})

afterAll(async () => {
  await registry?.kill()
  files[Symbol.dispose]()
})

function rollcall(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const environment = { REGISTRY_URL: registry.url, ...env }
  return runRollcall(args, { cwd: files.path('.'), env: environment })
}

test('variables of clients are not reported by the registry', () => {
  expect(registry.output).not.toContain('is not a setting')
})

test('commands reach it with options, or with the environment', async () => {
  const registered = await rollcall(['register', 'a', '--ca', CA, ...OWN])
  expect([registered.stderr, registered.code]).toEqual(['', 0])
  const listed = await rollcall(['list', '--json'], VARIABLES)
  expect([listed.stderr, listed.code]).toEqual(['', 0])
  expect(JSON.parse(listed.stdout)).toMatchObject([{ agent_id: 'a' }])
  const doctor = await rollcall(['doctor'], VARIABLES)
  expect(doctor.stdout).toContain('responds in')
})

test('without the authority, a command says why it does not trust the registry', async () => {
  const { code, stderr } = await rollcall(['list'])
  expect(code).toBe(1)
  expect(stderr).toMatch(/certificate/)
})

test('without a certificate, a command is anonymous', async () => {
  const { code, stderr } = await rollcall(['deregister', 'a', '--ca', CA])
  expect(code).toBe(1)
  expect(stderr).toMatch(/needs one with the scope agent/)
})

test.each([
  [['--ca', '/no/such/file'], '--ca: ENOENT'],
  [['--ca', 'ca.pem', '--cert', 'me.pem'], 'needs both --cert and --key'],
  [['--ca', 'ca.pem', '--key', 'me-key.pem'], 'needs both --cert and --key'],
])('a command with %j is told what is wrong', async (args, reason) => {
  const { code, stderr } = await rollcall(['list', ...args])
  expect(stderr).toContain(reason)
  expect(code).toBe(2)
})

test('a program that runs as an agent is registered with the certificate', async () => {
  const args = ['run', '--name', 'side', '--id', 'side', '--ca', CA, ...OWN]
  const program = [process.execPath, '-e', 'setTimeout(() => {}, 60_000)']
  const env = { REGISTRY_URL: registry.url }
  const child = spawnRollcall([...args, '--', ...program], { cwd: files.path('.'), env })
  const exited = new Promise((resolve) => child.once('close', resolve))
  const isListed = async () => (await rollcall(['get', 'side'], VARIABLES)).code === 0
  await expect.poll(isListed).toBe(true)
  child.kill('SIGTERM')
  await exited
  expect(await isListed()).toBe(false)
})

test('the client joins with a certificate, and uses the one that replaces it', async () => {
  const mine = { caFile: CA, certFile: files.path('my.pem'), keyFile: files.path('my-key.pem') }
  const issue = async (commonName: string) => {
    const { cert, key } = clients.issue({ commonName, names: [] })
    files.write('my.pem', cert)
    files.write('my-key.pem', key)
  }
  await issue('reader')
  const client = new AgentRegistryClient({
    agentId: 'b',
    agentName: 'B',
    host: '10.0.0.7',
    registryUrl: registry.url,
    fetch: httpFetch(mine),
    logger: null,
  })
  await expect(client.register()).rejects.toThrow(
    'needs the scope agent; that of "reader (certificate)" is read',
  )
  await issue('another reader')
  await expect(client.register()).rejects.toThrow('that of "another reader (certificate)" is read')
  // While the files are half written, those before are used.
  files.write('my-key.pem', '-----BEGIN')
  await expect(client.register()).rejects.toThrow('that of "another reader (certificate)" is read')
  const me = clients.issue({ names: [{ type: 'url', value: 'spiffe://test/me' }] })
  files.write('my.pem', me.cert)
  files.write('my-key.pem', me.key)
  expect((await client.register()).agentId).toBe('b')
  await client.close()
})

test('files that cannot be used are an error that names the reason', async () => {
  const fetch = httpFetch({ caFile: files.path('missing.pem') })
  const options = { registryUrl: registry.url, fetch, logger: null }
  const client = new AgentRegistryClient({ agentId: 'c', agentName: 'C', ...options })
  await expect(client.register()).rejects.toThrow('ENOENT')
  expect(() => httpFetch({ certFile: CERT })).toThrow('needs both certFile and keyFile')
  expect(() => httpFetch({ keyFile: KEY })).toThrow('needs both certFile and keyFile')
})

test('heartbeats from a worker thread use the certificate', async () => {
  const agent = await joinFromWorker({
    agentId: 'w',
    agentName: 'W',
    host: '10.0.0.7',
    ttlSeconds: 3,
    registryUrl: registry.url,
    tls: { caFile: CA, certFile: CERT, keyFile: KEY },
    logger: null,
  })
  await agent.heartbeat()
  await agent.setStatus('busy')
  const { stdout } = await rollcall(['get', 'w', '--json'], VARIABLES)
  expect(JSON.parse(stdout)).toMatchObject({ agent_id: 'w', status: 'busy' })
  await agent.close()
})

test.each([
  [['--tls-cert', 'server.pem'], 'TLS needs both a certificate (--tls-cert) and its key'],
  [['--tls-client-ca', 'clients.pem'], 'client certificates (--tls-client-ca) need TLS'],
  [['--tls-client-rules', '** = read'], 'rules of client certificates need their authorities'],
  [['--tls-cert', 'me.pem', '--tls-key', 'server-key.pem'], 'key values mismatch'],
  [
    ['--tls-cert', '/none', '--tls-key', '/none'],
    'the TLS files /none, /none cannot be used: ENOENT',
  ],
  [['--jwt-audience', 'rollcall'], 'need an issuer (--jwt-issuer)'],
  [['--jwt-issuer', 'https://a.example'], 'needs the name of this registry in its tokens'],
  [
    ['--jwt-issuer', 'https://a.example', '--jwt-audience', 'b', '--jwt-algorithms', 'HS256'],
    'cannot accept the algorithm "HS256"',
  ],
])('serve with %j is refused with exit code 2', async (args, reason) => {
  const { code, stderr } = await rollcall(['serve', '--port', '0', '--db', 'memory:', ...args])
  expect(stderr).toContain(reason)
  expect(code).toBe(2)
})

test('commands in the folder of a registry with TLS find its address', async () => {
  const env = {
    ROLLCALL_TLS_CERT: files.path('server.pem'),
    ROLLCALL_PORT: String(registry.port),
    ...VARIABLES,
  }
  const { code, stderr } = await runRollcall(['list'], { cwd: files.path('.'), env })
  expect([stderr, code]).toEqual(['', 0])
})
