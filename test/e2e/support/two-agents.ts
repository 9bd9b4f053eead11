import { DiscoveryClient, type LiveView } from '@rollcall/client'
import { expect } from 'vitest'
import { freshStore, type StoreName } from '../../stores/fresh-store.ts'
import { registration } from './http-client.ts'
import { RegistryProcess } from './registry-process.ts'

const PICKS = 1000

/**
 * Starts nodes on one store, the first for agents and the last for clients, and registers two
 * agents.
 */
export async function startNodes(store: StoreName, count: number) {
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

/** Counts how often each agent is picked. */
function countPicks(view: LiveView): Record<string, number> {
  const ids = Array.from({ length: PICKS }, () => view.pick()?.agentId ?? 'none')
  return Object.fromEntries(
    Object.entries(Object.groupBy(ids, (id) => id)).map(([id, all]) => [id, all?.length ?? 0]),
  )
}

/**
 * Expects a view on one node to pick the idle agent, from loads reported to another node or the
 * same.
 */
export async function expectIdlePicked(nodes: Awaited<ReturnType<typeof startNodes>>) {
  const client = new DiscoveryClient({ registryUrl: nodes.url })
  await using view = client.liveView({ status: 'ready' })
  await view.ready
  await nodes.report('one', 1)
  await expect.poll(() => view.get('one')?.load).toBe(1)
  expect(countPicks(view)).toEqual({ two: PICKS })
  // The loads are swapped.
  await nodes.report('one', 0)
  await nodes.report('two', 1)
  await expect.poll(() => view.agents.map(({ load }) => load)).toEqual([0, 1])
  expect(countPicks(view)).toEqual({ one: PICKS })
}
