// What a client that follows loads picks, and on which node it follows them.
import { setTimeout as sleep } from 'node:timers/promises'
import { DiscoveryClient, type LiveView } from '@rollcall/client'
import { expect, test } from 'vitest'
import { freshStore, type StoreName } from '../stores/fresh-store.ts'
import { registration } from './http-client.ts'
import { RegistryProcess } from './registry-process.ts'

const PICKS = 1000

/** Nodes on one store, the first for agents and the last for clients, and two agents. */
async function startNodes(store: StoreName, count: number) {
  await using stack = new AsyncDisposableStack()
  const fresh = stack.use(await freshStore(store))
  const start = async () =>
    stack.use(await RegistryProcess.start({ cwd: fresh.folder, db: fresh.url }))
  const nodes = await Promise.all(Array.from({ length: count }, start))
  const [first] = nodes as [RegistryProcess]
  for (const id of ['one', 'two']) {
    const agent = registration(id, { load: 0, ttl_seconds: 3600 })
    await first.http.send('POST', '/agents/register', agent)
  }
  const owned = stack.move()
  return {
    url: (nodes.at(-1) as RegistryProcess).url,
    report: (id: string, load: number) =>
      first.http.send('POST', `/agents/${id}/heartbeat`, { load }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** How often each agent is picked. */
function picksOf(view: LiveView): Record<string, number> {
  const ids = Array.from({ length: PICKS }, () => view.pick()?.agentId ?? 'nobody')
  return Object.fromEntries(
    Object.entries(Object.groupBy(ids, (id) => id)).map(([id, all]) => [id, all?.length ?? 0]),
  )
}

test.each([
  ['sqlite', 1],
  ['postgres', 2],
] as const)(
  'a view on %s picks the idle one of two agents, with %i node(s)',
  async (store, count) => {
    await using registry = await startNodes(store, count)
    const client = new DiscoveryClient({ registryUrl: registry.url })
    await using view = client.liveView({ status: 'ready' })
    await view.ready
    await registry.report('one', 1)
    await expect.poll(() => view.get('one')?.load, { timeout: 10_000 }).toBe(1)
    expect(picksOf(view)).toEqual({ two: PICKS })
    // They change places.
    await registry.report('one', 0)
    await registry.report('two', 1)
    const loads = () => view.agents.map(({ load }) => load)
    await expect.poll(loads, { timeout: 10_000 }).toEqual([0, 1])
    expect(picksOf(view)).toEqual({ one: PICKS })
  },
  60_000,
)

test('a view that does without loads keeps those of the last change', async () => {
  await using registry = await startNodes('sqlite', 1)
  const client = new DiscoveryClient({ registryUrl: registry.url })
  await using following = client.liveView()
  await using view = client.liveView({}, { loads: false })
  await Promise.all([following.ready, view.ready])
  await registry.report('one', 1)
  await expect.poll(() => following.get('one')?.load, { timeout: 10_000 }).toBe(1)
  await sleep(100)
  expect(view.get('one')?.load).toBe(0)
})

test('a watch with loads is told what moved while it was away', async () => {
  await using registry = await startNodes('sqlite', 1)
  // A proxy that the test can cut: each fetch may be aborted.
  let cut = new AbortController()
  let connections = 0
  const client = new DiscoveryClient({
    registryUrl: registry.url,
    fetch: (url, init) => {
      connections++
      cut = new AbortController()
      const signals = [cut.signal, init?.signal].filter(
        (it): it is AbortSignal => it instanceof AbortSignal,
      )
      return fetch(url, { ...init, signal: AbortSignal.any(signals) } as RequestInit)
    },
  })
  await using view = client.liveView()
  await view.ready
  const before = view.agents
  cut.abort()
  await registry.report('two', 0.7)
  await expect.poll(() => view.get('two')?.load, { timeout: 15_000 }).toBe(0.7)
  expect(connections).toBe(2)
  // It resumed: nobody had to be sent again.
  expect(view.get('one')).toBe(before[0])
}, 30_000)
