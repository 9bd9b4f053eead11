// A running fleet is migrated from a file to PostgreSQL behind a stable address: the registry is
// stopped, its store is migrated, and a registry is started on the new one. No agent is lost, and a
// feed follower resumes. CI migrates 2000 agents; set `ROLLCALL_MIGRATE_AGENTS=100000` for more.
import { setTimeout as sleep } from 'node:timers/promises'
import { AgentRegistryClient } from '@rollcall/client'
import type { Agent, AgentEvent, Health, Registration } from '@rollcall/protocol'
import { expect, test } from 'vitest'
import { eventually } from '../http/support/eventually.ts'
import { freshDatabase } from '../postgres/support/shared-postgres.ts'
import { registration } from './support/http-client.ts'
import { migrate } from './support/migrate-command.ts'
import { MigratingFleet } from './support/migrating-fleet.ts'
import { ReconnectingFollower } from './support/reconnecting-follower.ts'
import { RegistryProcess } from './support/registry-process.ts'
import { SwitchedAddress } from './support/switched-address.ts'
import { sqliteUrl, TemporaryFolder } from './support/temporary-folder.ts'

const AGENTS = Number(process.env.ROLLCALL_MIGRATE_AGENTS ?? 2000)
/** Agents kept alive by the SDK. */
const SDK_AGENTS = 20
/** TTL of agents whose lease would lapse during the migration, which takes at least OUTAGE_MS. */
const SHORT_TTL_SECONDS = 5
const OUTAGE_MS = 7000
/** Keeps expired agents, so that they can be compared after the migration. */
const KEEP_EXPIRED = ['--cleanup-interval', '3600', '--history-limit', '1000000']

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

/** Removes the properties that heartbeats change. */
function lasting(agents: readonly Agent[]): object[] {
  return agents.map(({ last_heartbeat: _, expires_at: __, ...rest }) => rest)
}

async function allAgents({ http }: RegistryProcess): Promise<Agent[]> {
  return (await http.get<Agent[]>('/agents?include_dead=true')).body
}

async function historyOf({ http }: RegistryProcess, agentId: string): Promise<AgentEvent[]> {
  return (await http.get<AgentEvent[]>(`/agents/${agentId}/events`)).body
}

/** Returns the current position in the history, as an event id. */
async function positionOf({ http }: RegistryProcess): Promise<string> {
  const { headers } = await http.get('/agents?limit=1')
  return `${headers['x-registry-epoch']}:${headers['x-registry-revision']}`
}

test(
  `${AGENTS} live agents are migrated to PostgreSQL, and none is lost`,
  async () => {
    using folder = new TemporaryFolder()
    await using database = await freshDatabase()
    const from = sqliteUrl(folder.file('agents.db'))
    await using old = await RegistryProcess.start({
      cwd: folder.path,
      db: from,
      args: KEEP_EXPIRED,
    })
    await using address = await SwitchedAddress.start(old)
    await using fleet = new MigratingFleet(address.url)
    const figures: Record<string, number> = {}
    const timed = async <T>(what: string, work: Promise<T>): Promise<T> => {
      const startedAt = performance.now()
      const result = await work
      figures[what] = Math.round(performance.now() - startedAt)
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

    const position = await positionOf(old)
    await using follower = new ReconnectingFollower(address.url, position)
    await old.http.send(
      'POST',
      '/agents/register',
      registration('seen-before', { ttl_seconds: 600 }),
    )
    await eventually(() => follower.revisions.length).toBe(1)

    const before = await allAgents(old)
    const historyBefore = await historyOf(old, 'dead')
    const revision = follower.revisions.at(-1)

    // The migration.
    const stoppedAt = performance.now()
    expect(await timed('stopping', old.stop())).toEqual({ code: 0, signal: null })
    address.switchTo(undefined)
    const args = ['--from', from, '--to', database.url, '--json']
    const moved = await timed('migrating', migrate(args, folder.path))
    expect(moved).toMatchObject({ code: 0, stderr: '' })
    const counted = JSON.parse(moved.stdout)
    await sleep(Math.max(0, OUTAGE_MS - (performance.now() - stoppedAt)))
    await using migrated = await timed(
      'starting',
      RegistryProcess.start({ cwd: folder.path, db: database.url, args: KEEP_EXPIRED }),
    )
    address.switchTo(migrated)
    figures.outage = Math.round(performance.now() - stoppedAt)

    const after = await allAgents(migrated)
    expect(counted).toEqual({
      agents: before.length,
      alive: before.length - 1,
      transitions: revision,
    })
    expect(lasting(after)).toEqual(lasting(before))

    // Longer than the shortest lease: agents that are alive after this have sent heartbeats.
    const rounds = fleet.rounds
    await sleep((SHORT_TTL_SECONDS + 1) * 1000)
    await eventually(() => fleet.rounds).toBeGreaterThan(rounds + 3)
    const { body: health } = await migrated.http.get<Health>('/health')
    expect(health).toMatchObject({
      active_agents: before.length - 1,
      registered_agents: before.length,
    })
    expect({ lost: [...fleet.lost], rejected: fleet.rejected, lostBySdk }).toEqual({
      lost: [],
      rejected: [],
      lostBySdk: [],
    })
    // No transition was added, and the old ones are still there.
    const { body: since } = await migrated.http.get<AgentEvent[]>(`/events?since=${position}`)
    expect(since.map(({ type, agent_id: id }) => `${type} ${id}`)).toEqual([
      'registered seen-before',
    ])
    expect(await historyOf(migrated, 'dead')).toEqual(historyBefore)
    expect((await historyOf(migrated, 'left')).map(({ type }) => type)).toEqual([
      'registered',
      'deregistered',
    ])

    // The follower resumes with the next change, without duplicates or a new snapshot.
    await migrated.http.send(
      'POST',
      '/agents/register',
      registration('seen-after', { ttl_seconds: 600 }),
    )
    await eventually(() => follower.revisions.length).toBe(2)
    expect(follower.revisions).toEqual([revision, (revision ?? 0) + 1])
    expect(follower.restarts).toEqual([])
    expect(follower.connections).toBeGreaterThan(1)
    console.log(
      `moved ${JSON.stringify(counted)}; milliseconds: ${JSON.stringify(figures)}; ` +
        `${fleet.rounds} rounds of heartbeats; the follower connected ${follower.connections} times`,
    )
  },
  60_000 + AGENTS * 6,
)
