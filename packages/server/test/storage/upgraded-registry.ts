import { readdirSync } from 'node:fs'
import { expect } from 'vitest'
import type { AgentRegistryRepository } from '../../src/index.ts'
import { registration } from './sample-registration.ts'

/** Returns the versions of which there is a fixture; fails if one before the newest is missing. */
export function fixtureVersions(store: 'sqlite' | 'postgres', newest: number): number[] {
  const names = readdirSync(new URL('../fixtures/', import.meta.url))
  const versions = names.flatMap((name) => {
    const version = new RegExp(`^${store}-v(\\d+)\\.`).exec(name)?.[1]
    return version === undefined ? [] : [Number(version)]
  })
  for (let version = 1; version < newest; version++) expect(versions).toContain(version)
  return versions.sort((a, b) => a - b)
}

/** Returns the path of a file that an older version wrote. */
export function fixture(name: string): string {
  return new URL(`../fixtures/${name}`, import.meta.url).pathname
}

/** Keeps all history, however old the fixtures are. */
export const KEEP_ALL = { historyMaxAgeSeconds: Number.MAX_SAFE_INTEGER / 1000 }

/** Expects the content of every fixture; the registry was down for longer than any TTL. */
export async function expectFixture(store: AgentRegistryRepository): Promise<void> {
  expect(await store.counts()).toMatchObject({ registered: 2, alive: 1, revision: 6 })
  const worker = await store.get('worker')
  expect(worker).toMatchObject({
    agentName: 'Worker',
    host: '10.0.0.7',
    port: 8000,
    ttlSeconds: 3600,
    capabilities: ['search', 'translate'],
    version: '1.2.3',
    url: 'http://10.0.0.7:8000',
    status: 'busy',
    load: 0.5,
    alive: true,
    revision: 4,
  })
  expect(worker?.metadata).toEqual({ json: '{"region":"eu-1"}', givenAs: 'object' })
  expect(await store.get('lapsed')).toMatchObject({ alive: false, status: 'ready' })
  expect(await store.get('gone')).toBeUndefined()
  const history = await store.eventsSince(0)
  expect(history.map(({ agentId, type, revision }) => `${revision} ${type} ${agentId}`)).toEqual([
    '1 registered worker',
    '2 registered lapsed',
    '3 registered gone',
    '4 updated worker',
    '5 deregistered gone',
    '6 expired lapsed',
  ])
  // What an older version did not record has a default.
  for (const { agent } of history) {
    expect(Object.entries(agent).filter(([, value]) => value === undefined)).toEqual([])
  }
  expect(history.at(-1)?.reason).toMatch(/^ttl lapsed: last heartbeat 1\.\d s ago, ttl 1 s$/)
  const [, changed] = await store.historyOf('worker')
  expect(changed).toMatchObject({ reason: 'status ready -> busy', agent: { load: 0.5 } })
}

/** Expects that an upgraded registry accepts changes like any other. */
export async function expectUsable(store: AgentRegistryRepository): Promise<void> {
  expect(await store.updateHeartbeat('worker')).toMatchObject({ ttlSeconds: 3600 })
  await store.updateHeartbeat('worker', { status: 'ready', load: 0.25 })
  expect(await store.get('worker')).toMatchObject({ status: 'ready', load: 0.25, alive: true })
  await store.add(registration({ agentId: 'new', metadata: { region: 'eu-2' } }))
  expect(await store.delete('lapsed')).toBe(true)
  await store.checkWritable()
  expect(await store.counts()).toMatchObject({ registered: 2, alive: 2, revision: 9 })
}
