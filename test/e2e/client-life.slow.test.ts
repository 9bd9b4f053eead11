import { setTimeout as sleep } from 'node:timers/promises'
import { AgentRegistryClient } from '@rollcall/client'
import { joinFromWorker } from '@rollcall/client/node'
import type { Agent } from '@rollcall/protocol'
import { describe, expect, test } from 'vitest'
import { freshStore } from '../stores/fresh-store.ts'
import { ClientProcess } from './support/client-process.ts'
import { SeededRandom } from './support/feed-random.ts'
import { KillableRegistry } from './support/feed-registry.ts'
import { RegistryProcess } from './support/registry-process.ts'
import { TemporaryFolder } from './support/temporary-folder.ts'

const TTL_SECONDS = 3
const INTERVAL_MS = (TTL_SECONDS * 1000) / 3
/** Far above the two seconds for deregistering, for a busy machine. */
const EXIT_TIMEOUT_MS = 15_000

/** The three lines of a minimal agent, and a wait in between. */
const THREE_LINES = `
import { AgentRegistryClient } from '@rollcall/client'
await using agent = await AgentRegistryClient.join({ agentId: 'researcher-1', agentName: 'Researcher', port: 8000, capabilities: ['search'], ttlSeconds: ${TTL_SECONDS} })
for (const name of ['error', 'lost', 'reregistered', 'recovered']) agent.on(name, () => console.log(name))
console.log('joined')
for await (const _ of process.stdin) break
`

async function idsAt(registry: { http: RegistryProcess['http'] }, query = ''): Promise<string[]> {
  const { body } = await registry.http.get<Agent[]>(`/agents${query}`)
  return body.map(({ agent_id }) => agent_id)
}

describe('an agent of three lines', () => {
  test('joins, is listed, and is deregistered when it exits', async () => {
    using folder = new TemporaryFolder()
    await using registry = await RegistryProcess.start({ cwd: folder.path, db: 'memory:' })
    await using agent = ClientProcess.start(THREE_LINES, registry.url)
    await agent.printed('joined')
    const { body } = await registry.http.get<Agent[]>('/agents?capability=search')
    expect(body).toMatchObject([
      { agent_id: 'researcher-1', agent_name: 'Researcher', port: 8000, is_alive: true },
    ])
    agent.write('end')
    expect(await agent.exit).toBe(0)
    expect(await idsAt(registry, '?include_dead=true')).toEqual([])
    expect(agent.output).toBe('joined\n')
  })

  test('survives its TTL, a kill -9 of the registry, and the loss of its file', async () => {
    await using store = await freshStore()
    await using registry = await KillableRegistry.start({ store, random: new SeededRandom(1) })
    await using agent = ClientProcess.start(THREE_LINES, registry.url)
    await agent.printed('joined')
    await sleep(TTL_SECONDS * 1000 + 500)
    expect(await idsAt(registry)).toEqual(['researcher-1'])

    await registry.kill()
    await agent.printed('error')
    await registry.start()
    await agent.printed('recovered')
    expect(await idsAt(registry)).toEqual(['researcher-1'])
    expect(agent.output).not.toContain('lost')

    await registry.lose()
    await registry.start()
    await agent.printed('reregistered')
    expect(await idsAt(registry)).toEqual(['researcher-1'])

    agent.write('end')
    expect(await agent.exit).toBe(0)
    expect(await idsAt(registry, '?include_dead=true')).toEqual([])
  })

  test('exits in time if the registry stays unreachable', async () => {
    using folder = new TemporaryFolder()
    await using registry = await RegistryProcess.start({ cwd: folder.path, db: 'memory:' })
    await using agent = ClientProcess.start(THREE_LINES, registry.url)
    await agent.printed('joined')
    await registry.kill()
    const startedAt = performance.now()
    agent.write('end')
    expect(await agent.exit).toBe(0)
    expect(performance.now() - startedAt).toBeLessThan(EXIT_TIMEOUT_MS)
  })

  test('is not kept running by its heartbeats', async () => {
    using folder = new TemporaryFolder()
    await using registry = await RegistryProcess.start({ cwd: folder.path, db: 'memory:' })
    const program = `
      import { AgentRegistryClient } from '@rollcall/client'
      await AgentRegistryClient.join({ agentId: 'a', agentName: 'A' })
      console.log('joined')
    `
    await using agent = ClientProcess.start(program, registry.url)
    await agent.printed('joined')
    expect(await agent.exit).toBe(0)
  })

  test('with closeOnSignals is deregistered on SIGTERM, and terminated by the signal', async () => {
    using folder = new TemporaryFolder()
    await using registry = await RegistryProcess.start({ cwd: folder.path, db: 'memory:' })
    const program = `
      import { AgentRegistryClient } from '@rollcall/client'
      import { closeOnSignals } from '@rollcall/client/node'
      const agent = await AgentRegistryClient.join({ agentId: 'a', agentName: 'A', keepAlive: true })
      closeOnSignals(agent)
      console.log('joined')
    `
    await using agent = ClientProcess.start(program, registry.url)
    await agent.printed('joined')
    expect(await idsAt(registry)).toEqual(['a'])
    agent.signal('SIGTERM')
    expect(await agent.exit).toBeNull()
    expect(await idsAt(registry, '?include_dead=true')).toEqual([])
  })
})

describe('a group of fifty', () => {
  test('sends one batch per interval, can lose a member, and recovers after the registry lost its file', async () => {
    await using store = await freshStore()
    await using registry = await KillableRegistry.start({ store, random: new SeededRandom(2) })
    await using group = AgentRegistryClient.group({ registryUrl: registry.url })
    const agents = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        group.join({
          agentId: `member:${i}`,
          agentName: 'Member',
          host: '127.0.0.1',
          ttlSeconds: TTL_SECONDS,
        }),
      ),
    )
    const before = await heartbeatCalls(registry)
    await sleep(4.5 * INTERVAL_MS)
    const after = await heartbeatCalls(registry)
    expect(after.single).toBe(0)
    // Four heartbeats fit, five with jitter, three on a slow machine.
    expect(after.batches - before.batches).toBeGreaterThanOrEqual(3)
    expect(after.batches - before.batches).toBeLessThanOrEqual(5)
    expect(await idsAt(registry)).toHaveLength(50)

    await agents[7]?.close()
    expect(await idsAt(registry)).not.toContain('member:7')
    expect(group.agents).toHaveLength(49)

    await registry.lose()
    await registry.start()
    await expect.poll(() => idsAt(registry)).toHaveLength(49)
    expect(await idsAt(registry)).not.toContain('member:7')
    await group.close()
    expect(await idsAt(registry, '?include_dead=true')).toEqual([])
  })
})

describe('an agent whose thread is busy for three TTLs', () => {
  test('is not listed if its heartbeats come from that thread', async () => {
    const listed = await listedWhileBusy('AgentRegistryClient.join')
    expect(listed.filter((isListed) => !isListed).length).toBeGreaterThan(0)
  })

  test('stays listed if they come from a worker', async () => {
    const listed = await listedWhileBusy('joinFromWorker')
    expect(listed.length).toBeGreaterThan(10)
    expect(listed).not.toContain(false)
  })
})

test('a worker sends heartbeats also for a module passed with --eval', async () => {
  using folder = new TemporaryFolder()
  await using registry = await RegistryProcess.start({ cwd: folder.path, db: 'memory:' })
  const program = `
    import { joinFromWorker } from '@rollcall/client/node'
    const agent = await joinFromWorker({ agentId: 'a', agentName: 'A', ttlSeconds: 2, keepAlive: true })
    agent.on('error', (error) => console.log(String(error)))
    console.log('joined')
  `
  await using agent = ClientProcess.start(program, registry.url, ['--input-type=module'])
  await agent.printed('joined')
  await sleep(3000)
  expect(await idsAt(registry)).toEqual(['a'])
  expect(agent.output).toBe('joined\n')
})

test('an agent with a worker is restored with its last status after the registry lost its file', async () => {
  await using store = await freshStore()
  await using registry = await KillableRegistry.start({ store, random: new SeededRandom(3) })
  await using agent = await joinFromWorker({
    registryUrl: registry.url,
    agentId: 'a',
    agentName: 'A',
    host: '127.0.0.1',
    ttlSeconds: TTL_SECONDS,
    capabilities: ['search'],
  })
  const events: string[] = []
  for (const name of ['lost', 'reregistered'] as const) agent.on(name, () => events.push(name))
  await agent.heartbeat({ status: 'draining', load: 0.75 })
  await registry.lose()
  await registry.start()
  await expect.poll(() => events).toEqual(['lost', 'reregistered'])
  const { body } = await registry.http.get<Agent[]>('/agents')
  expect(body).toMatchObject([
    { agent_id: 'a', status: 'draining', load: 0.75, capabilities: ['search'] },
  ])
  await agent.close()
  expect(await idsAt(registry, '?include_dead=true')).toEqual([])
})

/** Polls every 100 ms whether an agent is listed while its thread is busy. */
async function listedWhileBusy(join: 'AgentRegistryClient.join' | 'joinFromWorker') {
  using folder = new TemporaryFolder()
  await using registry = await RegistryProcess.start({ cwd: folder.path, db: 'memory:' })
  const program = `
    import { AgentRegistryClient } from '@rollcall/client'
    import { joinFromWorker } from '@rollcall/client/node'
    const agent = await ${join}({ agentId: 'a', agentName: 'A', ttlSeconds: 2 })
    // Gives the worker time to start.
    await new Promise((resolve) => setTimeout(resolve, 1000))
    process.stdout.write('busy\\n', () => {
      const end = Date.now() + 6000
      while (Date.now() < end);
      console.log('done')
      agent.close()
    })
  `
  await using agent = ClientProcess.start(program, registry.url)
  await agent.printed('busy')
  const listed: boolean[] = []
  while (!agent.output.includes('done')) {
    listed.push((await idsAt(registry)).includes('a'))
    await sleep(100)
  }
  expect(await agent.exit).toBe(0)
  return listed
}

/** Counts completed heartbeat calls by kind. */
async function heartbeatCalls(registry: KillableRegistry) {
  const text = await (await fetch(`${registry.url}/metrics`)).text()
  const count = (operation: string): number =>
    text
      .split('\n')
      .filter((line) => line.startsWith('rollcall_http_requests_total{'))
      .filter((line) => line.includes(`operation="${operation}"`))
      .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
  return { single: count('heartbeat'), batches: count('heartbeats') }
}
