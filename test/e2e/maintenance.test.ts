// Maintenance of a large fleet: SIGKILL in the middle of it, and heartbeats meanwhile.
import type { Agent } from '@rollcall/protocol'
import { expect, test } from 'vitest'
import { eventually } from '../http/support/eventually.ts'
import { freshStore } from '../stores/fresh-store.ts'
import { registration } from './support/http-client.ts'
import { RegistryProcess } from './support/registry-process.ts'

/** Enough that the change is still going on when the first agent is seen to follow. */
const AGENTS = 10_000
const PATH = '/agents/team%3A*/maintenance'
const UPGRADE = { reason: 'upgrade', by: 'ann' }

async function registerAll({ http }: RegistryProcess): Promise<void> {
  const ids = Array.from({ length: AGENTS }, (_, index) => `team:${index}`)
  for (let at = 0; at < AGENTS; at += 500) {
    await Promise.all(
      ids.slice(at, at + 500).map((id) => {
        const agent = registration(id, { ttl_seconds: 3600 })
        return http.send('POST', '/agents/register', agent)
      }),
    )
  }
}

async function listed({ http }: RegistryProcess, query: string): Promise<number> {
  return (await http.get<Agent[]>(`/agents?${query}`)).body.length
}

test('after SIGKILL in the middle of a change, every agent of the prefix has it', async () => {
  await using store = await freshStore()
  const options = { cwd: store.folder, db: store.url }
  let registry = await RegistryProcess.start(options)
  await registerAll(registry)
  for (const method of ['PUT', 'DELETE'] as const) {
    const body = method === 'PUT' ? UPGRADE : undefined
    const expected = method === 'PUT' ? AGENTS : 0
    const sent = registry.http.send(method, PATH, body).then(
      () => 'answered',
      () => 'cut off',
    )
    // Some agents follow, and others do not yet.
    const status = method === 'PUT' ? 'draining' : 'ready'
    await eventually(() => listed(registry, `status=${status}&limit=1`)).toBe(1)
    await registry.kill()
    expect(await sent).toBe('cut off')
    registry = await RegistryProcess.start(options)
    await eventually(() => listed(registry, 'status=draining')).toBe(expected)
    const { body: entries } = await registry.http.get<unknown[]>('/maintenance')
    expect(entries).toHaveLength(method === 'PUT' ? 1 : 0)
  }
  await registry.stop()
  expect(await store.faults()).toEqual([])
})

test('two registries started one after the other keep it: the second is told by the store', async () => {
  await using store = await freshStore()
  const options = { cwd: store.folder, db: store.url }
  const first = await RegistryProcess.start(options)
  await first.http.send('PUT', PATH, UPGRADE)
  await first.stop()
  await using second = await RegistryProcess.start(options)
  const agent = registration('team:1', { status: 'ready' })
  const { body } = await second.http.send<Agent>('POST', '/agents/register', agent)
  expect(body).toMatchObject({ status: 'draining', maintenance: UPGRADE })
})
