// A running fleet moves from a file into PostgreSQL behind an address that stays: the registry is
// stopped, its store is moved, a registry is started on the new one. Nobody is lost on the way, and
// who follows the changes goes on. CI moves some thousand agents; `ROLLCALL_MIGRATE_AGENTS=100000`
// moves so many.
import { setTimeout as sleep } from 'node:timers/promises'
import { AgentRegistryClient } from '@rollcall/client'
import type { Agent, AgentEvent, Health, Registration } from '@rollcall/protocol'
import { expect, test } from 'vitest'
import { eventually } from '../http/support/eventually.ts'
import { freshDatabase } from '../postgres/support/shared-postgres.ts'
import { registration } from './support/http-client.ts'
import { migrate } from './support/migrate-command.ts'
import { MovingFleet } from './support/moving-fleet.ts'
import { SteadyFollower } from './support/reconnecting-follower.ts'
import { RegistryProcess } from './support/registry-process.ts'
import { SwitchedAddress } from './support/switched-address.ts'
import { sqliteUrl, TemporaryFolder } from './support/temporary-folder.ts'

const AGENTS = Number(process.env.ROLLCALL_MIGRATE_AGENTS ?? 2000)
/** Agents that the client of the SDK keeps. */
const SDK_AGENTS = 20
/** Of agents that would not outlive the move by themselves: it lasts longer, at least so long. */
const SHORT_TTL_SECONDS = 5
const OUTAGE_MS = 7000
/** The dead stay, so that they too can be looked for afterwards. */
const KEEP_THE_DEAD = ['--cleanup-interval', '3600', '--history-limit', '1000000']

function fleetMember(index: number): Registration {
  const ttl = [SHORT_TTL_SECONDS, 30, 600][index % 3] ?? 60
  return registration(`agent-${String(index).padStart(6, '0')}`, {
    agent_name: `Agent ${index}`,
    port: 1024 + (index % 60_000),
    ttl_seconds: ttl,
    capabilities: [`can-${index % 50}`, 'search'],
    metadata: index % 2 === 0 ? { zone: `z-${index % 7}`, text: 'ünïcödé \u0000 🛰' } : null,
    version: `1.${index % 10}`,
  })
}

/** Everything but what a heartbeat changes. */
function lasting(agents: readonly Agent[]): object[] {
  return agents.map(({ last_heartbeat: _, expires_at: __, ...rest }) => rest)
}

async function everybody({ http }: RegistryProcess): Promise<Agent[]> {
  return (await http.get<Agent[]>('/agents?include_dead=true')).body
}

async function historyOf({ http }: RegistryProcess, agentId: string): Promise<AgentEvent[]> {
  return (await http.get<AgentEvent[]>(`/agents/${agentId}/events`)).body
}

/** Where the history stands, as a stream takes it. */
async function placeOf({ http }: RegistryProcess): Promise<string> {
  const { headers } = await http.get('/agents?limit=1')
  return `${headers['x-registry-epoch']}:${headers['x-registry-revision']}`
}

test(
  `${AGENTS} agents move into PostgreSQL while they live, and nobody is lost`,
  async () => {
    using folder = new TemporaryFolder()
    await using database = await freshDatabase()
    const from = sqliteUrl(folder.file('agents.db'))
    await using old = await RegistryProcess.start({
      cwd: folder.path,
      db: from,
      args: KEEP_THE_DEAD,
    })
    await using address = await SwitchedAddress.start(old)
    await using fleet = new MovingFleet(address.url)
    const figures: Record<string, number> = {}
    const timed = async <T>(what: string, work: Promise<T>): Promise<T> => {
      const began = performance.now()
      const result = await work
      figures[what] = Math.round(performance.now() - began)
      return result
    }

    await timed(
      'registering',
      fleet.join(Array.from({ length: AGENTS }, (_, index) => fleetMember(index))),
    )
    await old.http.send('POST', '/agents/register', registration('left'))
    await old.http.send('DELETE', '/agents/left')
    await old.http.send('POST', '/agents/register', registration('dead', { ttl_seconds: 1 }))
    await using group = AgentRegistryClient.group({ registryUrl: address.url })
    const lostBySdk: string[] = []
    for (let index = 0; index < SDK_AGENTS; index++) {
      const agentId = `sdk-${index}`
      const agent = await group.join({
        agentId,
        agentName: 'of the SDK',
        host: '127.0.0.1',
        port: 9,
        ttlSeconds: SHORT_TTL_SECONDS,
      })
      agent.on('lost', () => lostBySdk.push(agentId))
      agent.on('reregistered', () => lostBySdk.push(agentId))
    }
    await eventually(async () => (await historyOf(old, 'dead')).at(-1)?.type).toBe('expired')

    const place = await placeOf(old)
    await using follower = new SteadyFollower(address.url, place)
    await old.http.send(
      'POST',
      '/agents/register',
      registration('seen-before', { ttl_seconds: 600 }),
    )
    await eventually(() => follower.revisions.length).toBe(1)

    const before = await everybody(old)
    const historyBefore = await historyOf(old, 'dead')
    const revision = follower.revisions.at(-1)

    // The move.
    const stoppedAt = performance.now()
    expect(await timed('stopping', old.stop())).toEqual({ code: 0, signal: null })
    address.switchTo(undefined)
    const args = ['--from', from, '--to', database.url, '--json']
    const moved = await timed('migrating', migrate(args, folder.path))
    expect(moved).toMatchObject({ code: 0, stderr: '' })
    const counted = JSON.parse(moved.stdout)
    await sleep(Math.max(0, OUTAGE_MS - (performance.now() - stoppedAt)))
    await using young = await timed(
      'starting',
      RegistryProcess.start({ cwd: folder.path, db: database.url, args: KEEP_THE_DEAD }),
    )
    address.switchTo(young)
    figures.outage = Math.round(performance.now() - stoppedAt)

    const after = await everybody(young)
    expect(counted).toEqual({
      agents: before.length,
      alive: before.length - 1,
      transitions: revision,
    })
    expect(lasting(after)).toEqual(lasting(before))

    // Longer than the shortest lease and the grace of the restart: whoever is alive then has beaten.
    const rounds = fleet.rounds
    await sleep((SHORT_TTL_SECONDS + 1) * 1000)
    await eventually(() => fleet.rounds).toBeGreaterThan(rounds + 3)
    const { body: health } = await young.http.get<Health>('/health')
    expect(health).toMatchObject({
      active_agents: before.length - 1,
      registered_agents: before.length,
    })
    expect({ lost: [...fleet.lost], refused: fleet.refused, lostBySdk }).toEqual({
      lost: [],
      refused: [],
      lostBySdk: [],
    })
    // Nothing has happened to anybody, and what had happened is still known.
    const { body: since } = await young.http.get<AgentEvent[]>(`/events?since=${place}`)
    expect(since.map(({ type, agent_id: id }) => `${type} ${id}`)).toEqual([
      'registered seen-before',
    ])
    expect(await historyOf(young, 'dead')).toEqual(historyBefore)
    expect((await historyOf(young, 'left')).map(({ type }) => type)).toEqual([
      'registered',
      'deregistered',
    ])

    // Who follows goes on with the next change, told nothing twice and nothing anew.
    await young.http.send(
      'POST',
      '/agents/register',
      registration('seen-after', { ttl_seconds: 600 }),
    )
    await eventually(() => follower.revisions.length).toBe(2)
    expect(follower.revisions).toEqual([revision, (revision ?? 0) + 1])
    expect(follower.restarts).toEqual([])
    expect(follower.lastId?.split(':')[0]).toBe(place.split(':')[0])
    expect(follower.connections).toBeGreaterThan(1)
    console.log(
      `moved ${JSON.stringify(counted)}; milliseconds: ${JSON.stringify(figures)}; ` +
        `${fleet.rounds} rounds of heartbeats; the follower connected ${follower.connections} times`,
    )
  },
  60_000 + AGENTS * 6,
)
