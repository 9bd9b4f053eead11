// Most of a fleet falls silent at once: the registry holds back its expiry, says so, and lets go by itself.
import { setTimeout as sleep } from 'node:timers/promises'
import { DiscoveryClient } from '@rollcall/client'
import { expect, test } from 'vitest'
import { type FreshStore, freshStore } from '../stores/fresh-store.ts'
import { FaultyProxy } from './support/faulty-proxy.ts'
import { HeartbeatLoader } from './support/heartbeat-loader.ts'
import { RegistryProcess } from './support/registry-process.ts'
import {
  brakeOf,
  countByType,
  FLEET_SIZE,
  healthOf,
  historyOf,
  listedIds,
  PATIENT,
  TTL_SECONDS,
  untilAllAreSilent,
  untilHealthy,
} from './support/silent-fleet.ts'

/** What is killed is started again with the same store. */
async function startRegistry(store: FreshStore, ...args: string[]): Promise<RegistryProcess> {
  return RegistryProcess.start({ cwd: store.folder, db: store.url, args })
}

const startFleet = (url: string, size = FLEET_SIZE) =>
  HeartbeatLoader.start({ urls: [url], size, ttlSeconds: TTL_SECONDS })

test('a network that is cut for three TTLs expires hardly any agent, and all are ready after their next heartbeat', async () => {
  await using store = await freshStore()
  await using registry = await startRegistry(store)
  await using network = await FaultyProxy.withoutFaults(registry.url)
  await using fleet = await startFleet(network.url)
  const client = new DiscoveryClient({ registryUrl: registry.url })
  await using ready = client.liveView({ status: 'ready' })
  await ready.ready
  const before = await untilHealthy(registry.http)

  await network.stop()
  await sleep(3 * TTL_SECONDS * 1000)
  await untilAllAreSilent(registry.http, { since: before })
  const { suspect_agents: suspects, reason } = await brakeOf(registry.http)
  expect(reason).toMatch(/\d+ of \d+ live agents fell silent at once/)
  expect(suspects).toBeGreaterThan(0.9 * FLEET_SIZE)
  // Suspects expire at a trickle: the list is from a moment between the two counts.
  const listed = (await listedIds(registry.http, '?status=suspect')).length
  expect(listed).toBeLessThanOrEqual(suspects)
  expect(listed).toBeGreaterThanOrEqual((await brakeOf(registry.http)).suspect_agents)
  expect((await listedIds(registry.http)).length).toBeGreaterThan(0.9 * FLEET_SIZE)
  expect(await listedIds(registry.http, '?status=ready')).toEqual([])
  await expect.poll(() => ready.agents.length, PATIENT).toBe(0)
  const metrics = await (await fetch(`${registry.url}/metrics`)).text()
  expect(metrics).toContain('rollcall_expiry_brake_on 1')
  expect(registry.output).toContain('live agents fell silent at once')

  await network.restart()
  await fleet.round()
  expect(await listedIds(registry.http, '?status=ready')).toHaveLength(FLEET_SIZE)
  await expect.poll(() => ready.agents.length, PATIENT).toBe(FLEET_SIZE)
  const { expired = 0 } = countByType(await historyOf(registry.http, before))
  expect(expired).toBeLessThan(0.1 * FLEET_SIZE)
  await expect.poll(async () => (await healthOf(registry.http)).expiry_brake, PATIENT).toBeNull()
  expect(registry.output).toContain('leases expire on time again')
})

test('a death of 40 % expires on time, all of it', async () => {
  await using store = await freshStore()
  await using registry = await startRegistry(store)
  await using fleet = await startFleet(registry.url)
  const before = await untilHealthy(registry.http)
  const dead = fleet.ids.slice(0, 0.4 * FLEET_SIZE)
  fleet.silence(dead)
  const living = async () => (await healthOf(registry.http)).active_agents
  await expect.poll(living, PATIENT).toBe(FLEET_SIZE - dead.length)
  // An agent is dead at its deadline; its expiry is recorded a moment later.
  await expect
    .poll(async () => countByType(await historyOf(registry.http, before)), PATIENT)
    .toEqual({ expired: dead.length })
})

test('a fleet that shrinks slowly to nothing expires on time', async () => {
  await using store = await freshStore()
  await using registry = await startRegistry(store)
  await using fleet = await startFleet(registry.url, 100)
  for (const id of fleet.ids) {
    fleet.silence([id])
    await sleep(150)
  }
  await expect.poll(async () => (await healthOf(registry.http)).active_agents, PATIENT).toBe(0)
  // An agent is dead at its deadline; its expiry is recorded a moment later.
  await expect
    .poll(async () => countByType(await historyOf(registry.http)), PATIENT)
    .toEqual({ registered: 100, expired: 100 })
})

test('a registry that is killed while the brake is on judges anew, and the dead expire', async () => {
  await using store = await freshStore()
  const settings = ['--brake-max', '20', '--restart-grace', '1']
  const killed = await startRegistry(store, ...settings, '--port', '0')
  // All are suspect long before the brake ends, on a busy machine as well.
  const size = FLEET_SIZE / 10
  const fleet = await startFleet(killed.url, size)
  const since = await untilHealthy(killed.http, size)
  await fleet[Symbol.asyncDispose]()
  await untilAllAreSilent(killed.http, { since, size })
  await killed.kill()

  await using registry = await startRegistry(store, ...settings)
  const suspects = await listedIds(registry.http, '?status=suspect')
  expect(suspects.length).toBeGreaterThan(0.5 * size)
  const [returning = ''] = suspects
  await registry.http.send('POST', `/agents/${returning}/heartbeat`)
  expect(await listedIds(registry.http, '?status=ready')).toEqual([returning])
  await expect.poll(async () => (await healthOf(registry.http)).active_agents, PATIENT).toBe(0)
  await expect.poll(async () => (await healthOf(registry.http)).expiry_brake, PATIENT).toBeNull()
})
