// Long lists have their own connections: calls that keep agents alive use others.
import { AgentRegistryServer } from '@rollcall/server'
import type { InjectOptions } from 'fastify'
import { expect, test } from 'vitest'
import { eventually } from '../../../../../test/http/support/eventually.ts'
import { databasePerTest } from '../../../../../test/postgres/support/database-per-test.ts'
import { PostgresAgentRegistryRepository } from '../../../src/storage/postgres/repository.ts'
import { registration } from '../sample-registration.ts'
import { endSearches, runningSearches, slowSearches, watch } from './slow-database.ts'

const database = databasePerTest()

const AGENT = { agent_id: 'a', agent_name: 'A', host: '10.0.0.7', port: 8000 }
const LIFECYCLE: readonly InjectOptions[] = [
  { method: 'POST', url: '/agents/register', payload: AGENT },
  { method: 'POST', url: '/agents/a/heartbeat' },
  { method: 'POST', url: '/agents/a/heartbeat', payload: { status: 'busy', load: 0.5 } },
  { method: 'POST', url: '/agents/heartbeats', payload: { agent_ids: ['a', 'unknown'] } },
  { method: 'POST', url: '/agents/cleanup' },
  { method: 'GET', url: '/health/ready' },
]
const SHORT_READS: readonly InjectOptions[] = [
  { method: 'GET', url: '/agents/a' },
  { method: 'GET', url: '/health' },
]

/** Makes calls while the maximum number of searches runs, then ends the searches. */
async function whileSearching(
  { poolSize, running }: { poolSize: number; running: number },
  calls: readonly InjectOptions[],
): Promise<void> {
  await using server = new AgentRegistryServer(`${database.url}?pool_size=${poolSize}`)
  const app = server.createApp()
  expect((await app.inject({ ...LIFECYCLE[0] })).statusCode).toBe(200)
  await slowSearches(database.url)
  const searches = Array.from({ length: 12 }, () => app.inject('/agents?q=zz'))
  const watched = searches.map(watch)
  await eventually(() => runningSearches(database.url)).toBe(running)
  for (const call of calls) {
    const { statusCode, body } = await app.inject(call)
    expect([call.url, statusCode, body]).toEqual([call.url, 200, body])
  }
  expect(watched.filter(({ isSettled }) => isSettled)).toEqual([])
  while (watched.some(({ isSettled }) => !isSettled)) await endSearches(database.url)
}

test('with all read connections in use, agents can register, send heartbeats and deregister', () =>
  whileSearching({ poolSize: 1, running: 1 }, [
    ...LIFECYCLE,
    { method: 'DELETE', url: '/agents/a' },
  ]))

test('lists leave connections to short reads', () =>
  whileSearching({ poolSize: 10, running: 2 }, [...SHORT_READS, ...SHORT_READS]))

test('a node receives transitions of other nodes while all read connections are in use', async () => {
  await using node = await PostgresAgentRegistryRepository.open(`${database.url}?pool_size=1`)
  await using other = await PostgresAgentRegistryRepository.open(database.url)
  await node.add(registration({ agentId: 'first' }))
  await slowSearches(database.url)
  const received: string[] = []
  node.subscribe((transitions) => void received.push(...transitions.map(({ agentId }) => agentId)))
  const search = Array.fromAsync(node.listAll({ text: 'zz' })).catch(() => undefined)
  const watched = watch(search)
  await eventually(() => runningSearches(database.url)).toBe(1)
  await other.add(registration({ agentId: 'elsewhere' }))
  await node.add(registration({ agentId: 'here' }))
  await eventually(() => received).toEqual(['elsewhere', 'here'])
  expect(node.observedRevision()).toBe(3)
  expect(watched.isSettled).toBe(false)
  await endSearches(database.url)
  await search
})
