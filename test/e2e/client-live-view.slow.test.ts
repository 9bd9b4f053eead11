// Live views of a registry that is killed repeatedly: in the end each view equals the list with the
// same filter.
//
//   ROLLCALL_VIEW_SEED   repeats the choices of a run, as far as timing allows
import { setTimeout as sleep } from 'node:timers/promises'
import { type Agent, type AgentFilter, DiscoveryClient, type LiveView } from '@rollcall/client'
import { describe, expect, test } from 'vitest'
import { freshStore } from '../stores/fresh-store.ts'
import { FeedChurn } from './support/feed-churn.ts'
import { type FeedFilter, randomFilter } from './support/feed-filter.ts'
import { SeededRandom } from './support/feed-random.ts'
import { KillableRegistry } from './support/feed-registry.ts'
import { registration } from './support/http-client.ts'
import { RegistryProcess } from './support/registry-process.ts'
import { TemporaryFolder } from './support/temporary-folder.ts'

const SEED = Number(process.env.ROLLCALL_VIEW_SEED ?? Math.floor(Math.random() * 2 ** 31))
const VIEWS = 40
const KILLS = 5
const LIFE_MS = { least: 300, most: 1200 }
const DEAD_MS = { least: 1, most: 600 }

test('views with random churn and kill -9 converge to the lists with the same filter', async ({
  onTestFailed,
}) => {
  onTestFailed(() => console.error(`ROLLCALL_VIEW_SEED=${SEED}`))
  const random = new SeededRandom(SEED)
  await using store = await freshStore()
  await using registry = await KillableRegistry.start({ store, random: random.fork() })
  const client = new DiscoveryClient({ registryUrl: registry.url })
  await using churn = new FeedChurn(registry.send, random.fork())
  churn.start()
  await sleep(500)
  await using views = new AsyncDisposableStack()
  const followed = Array.from({ length: VIEWS }, () => {
    const filter = toAgentFilter(randomFilter(random))
    return { filter, view: views.use(client.liveView(filter)) }
  })
  for (let kills = 0; kills < KILLS; kills++) {
    await sleep(random.integer(LIFE_MS.least, LIFE_MS.most))
    await registry.kill()
    if (kills === 2) await registry.lose()
    await sleep(random.magnitude(DEAD_MS.least, DEAD_MS.most))
    await registry.start()
  }
  await sleep(random.integer(LIFE_MS.least, LIFE_MS.most))
  await churn.pause()

  await expect.poll(() => followed.filter(({ view }) => !view.isConnected).length).toBe(0)
  await registry.quiet()
  for (const { filter, view } of followed) {
    // A lease may lapse, or an agent be removed, between the list and the view.
    const differences = async (): Promise<string[]> =>
      differencesBetween(view, await client.list(filter))
    await expect.poll(differences, { message: JSON.stringify(filter) }).toEqual([])
    expect(view.ageMs).toBe(0)
  }
  const sizes = followed.map(({ view }) => view.agents.length)
  expect(Math.max(...sizes), 'empty views prove nothing').toBeGreaterThan(20)
})

describe('a view of a dead registry', () => {
  test('still picks, reports its age, and resumes when the registry is back', async () => {
    await using store = await freshStore()
    await using registry = await KillableRegistry.start({ store, random: new SeededRandom(5) })
    for (const id of ['a', 'b', 'c']) await register(registry, id)
    const client = new DiscoveryClient({ registryUrl: registry.url })
    await using view = client.liveView({ status: 'ready' })
    await view.ready
    await registry.kill()
    await expect.poll(() => view.isConnected).toBe(false)
    await sleep(300)
    expect(view.agents.map(({ agentId }) => agentId)).toEqual(['a', 'b', 'c'])
    expect(view.ageMs).toBeGreaterThanOrEqual(290)
    for (const how of ['leastLoaded', 'random', 'roundRobin', { key: 'x' }] as const) {
      expect(view.pick(how)).toBeDefined()
    }
    await registry.start()
    await register(registry, 'd')
    await expect.poll(() => view.agents.map(({ agentId }) => agentId)).toEqual(['a', 'b', 'c', 'd'])
    // All changes have arrived, and `synced` follows shortly.
    await expect.poll(() => view.ageMs).toBe(0)
  })

  test('keeps its list until the snapshot of a registry that lost its file is complete', async () => {
    await using store = await freshStore()
    await using registry = await KillableRegistry.start({ store, random: new SeededRandom(6) })
    for (const id of ['a', 'b']) await register(registry, id)
    const client = new DiscoveryClient({ registryUrl: registry.url })
    await using view = client.liveView()
    await view.ready
    const lists: string[] = []
    view.onChange((agents) => lists.push(agents.map(({ agentId }) => agentId).join()))
    await registry.lose()
    await registry.start()
    await expect.poll(() => lists).toEqual([''])
    await register(registry, 'c')
    await expect.poll(() => lists).toEqual(['', 'c'])
  })

  test('resumes with missed changes after a graceful restart of the registry', async () => {
    using folder = new TemporaryFolder()
    const settings = { cwd: folder.path, db: `sqlite:///${folder.file('agents.db')}` }
    await using before = await RegistryProcess.start(settings)
    for (const id of ['a', 'b']) await register(before, id)
    const client = new DiscoveryClient({ registryUrl: before.url })
    await using view = client.liveView()
    await view.ready
    const args = ['--port', String(before.port)]
    await before.stop()
    await using after = await RegistryProcess.start({ ...settings, args })
    await after.http.send('DELETE', '/agents/a')
    await register(after, 'c')
    await expect.poll(() => view.agents.map(({ agentId }) => agentId)).toEqual(['b', 'c'])
  })
})

test('a view with a filter that the registry rejects is never ready, and reports the error', async () => {
  using folder = new TemporaryFolder()
  await using registry = await RegistryProcess.start({ cwd: folder.path, db: 'memory:' })
  const client = new DiscoveryClient({ registryUrl: registry.url })
  await using view = client.liveView({ name: '' })
  await expect(view.ready).rejects.toMatchObject({ status: 422, code: 'VALIDATION_FAILED' })
})

test('the pages of a client add up to the list', async () => {
  using folder = new TemporaryFolder()
  await using registry = await RegistryProcess.start({ cwd: folder.path, db: 'memory:' })
  for (let i = 0; i < 25; i++) await register(registry, `a:${i}`)
  const client = new DiscoveryClient({ registryUrl: `${registry.url}/` })
  const pages = await Array.fromAsync(client.pages({ capability: 'search', limit: 10 }))
  expect(pages.map(({ length }) => length)).toEqual([10, 10, 5])
  expect(pages.flat()).toEqual(await client.list())
})

async function register(registry: Pick<RegistryProcess, 'http'>, agentId: string): Promise<void> {
  const agent = registration(agentId, { capabilities: ['search'], ttl_seconds: 3600 })
  const { status } = await registry.http.send('POST', '/agents/register', agent)
  expect(status).toBe(200)
}

function toAgentFilter(filter: FeedFilter): AgentFilter {
  const { agentId, name, capability, status, region, gpus, tag, q, includeDead } = filter
  return {
    agentId,
    name,
    capability,
    status,
    q,
    includeDead,
    metadata: {
      ...(region !== undefined && { region }),
      ...(gpus !== undefined && { 'gpu.count': gpus }),
      ...(tag !== undefined && { tags: tag }),
    },
  }
}

/** Removes the properties that only heartbeats change, since heartbeats are not events. */
function lasting({ lastHeartbeat: _, expiresAt: __, load: ___, ...agent }: Agent) {
  return agent
}

function differencesBetween(view: LiveView, list: readonly Agent[]): string[] {
  const shown = new Map(view.agents.map((agent) => [agent.agentId, JSON.stringify(lasting(agent))]))
  const expected = new Map(list.map((agent) => [agent.agentId, JSON.stringify(lasting(agent))]))
  const ids = new Set([...shown.keys(), ...expected.keys()])
  return [...ids]
    .filter((id) => shown.get(id) !== expected.get(id))
    .map((id) => `${id}: shows ${shown.get(id)}, expected ${expected.get(id)}`)
}
