// A stopped process (SIGSTOP: a debugger, a paused container, a suspended machine) receives no
// heartbeats, so no agent may expire for that time; afterwards leases continue with their remaining
// time.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Agent, HeartbeatReceipt, RegisteredAgent } from '@rollcall/protocol'
import { expect, test } from 'vitest'
import { type FreshStore, freshStore } from '../stores/fresh-store.ts'
import { type Answer, registration } from './support/http-client.ts'
import { RegistryProcess } from './support/registry-process.ts'

const TTL_SECONDS = 4
/** Longer than the TTL. */
const STOPPED_MS = 4500
/** Fewer than the brake on mass expiry takes for a mass. */
const AGENTS = 19
/** Age of the leases at the stop: enough to distinguish their remaining time from a new lease. */
const AGE_MS = 1200
/** A stall is measured from the missed sweep, 50 ms after the last one; the rest is slack. */
const TOLERANCE_MS = 300

async function startWithAgents(store: FreshStore): Promise<RegistryProcess> {
  const registry = await RegistryProcess.start({
    cwd: store.folder,
    db: store.url,
    // Agents that expire by mistake would even be deleted.
    args: ['--cleanup-interval', '1'],
  })
  const ids = Array.from({ length: AGENTS }, (_, index) => `agent-${index}`)
  const responses = await Promise.all(
    ids.map((agentId) => {
      const agent = registration(agentId, { ttl_seconds: TTL_SECONDS })
      return registry.http.send<RegisteredAgent>('POST', '/agents/register', agent)
    }),
  )
  expect(responses.map(({ status }) => status)).toEqual(ids.map(() => 200))
  return registry
}

async function alive({ http }: RegistryProcess): Promise<Agent[]> {
  const { status, body } = await http.get<Agent[]>('/agents')
  expect(status).toBe(200)
  return body
}

/** Deadlines by agent, as displayed; Unix ms. */
function deadlines(agents: readonly Agent[]): Map<string, number> {
  return new Map(agents.map((agent) => [agent.agent_id, Date.parse(agent.expires_at)]))
}

/**
 * Stops a registry for a while and resumes it.
 *
 * @returns when it stopped, and for how many milliseconds
 */
async function stopFor(
  registry: RegistryProcess,
  meanwhile: () => void = () => undefined,
): Promise<{ stoppedAt: number; stoppedMs: number }> {
  const stoppedAt = Date.now()
  registry.signal('SIGSTOP')
  meanwhile()
  await sleep(STOPPED_MS)
  const stoppedMs = Date.now() - stoppedAt
  registry.signal('SIGCONT')
  return { stoppedAt, stoppedMs }
}

test.concurrent('no agent expires while the process is stopped, and every lease keeps its remaining time', async () => {
  await using store = await freshStore()
  await using registry = await startWithAgents(store)
  await sleep(AGE_MS)
  const before = deadlines(await alive(registry))
  expect(before.size).toBe(AGENTS)

  // Twice in a row: after the first stop each lease still has time left, none of it new.
  let extendedMs = 0
  for (let stop = 1; stop <= 2; stop++) {
    const { stoppedAt, stoppedMs } = await stopFor(registry)
    const after = deadlines(await alive(registry))
    const unreachableMs = Date.now() - stoppedAt
    expect(after.size).toBe(AGENTS)
    for (const [agentId, deadline] of after) {
      const extension = deadline - (before.get(agentId) ?? 0) - extendedMs
      expect(extension).toBeGreaterThan(stoppedMs - TOLERANCE_MS)
      expect(extension).toBeLessThan(unreachableMs + TOLERANCE_MS)
    }
    extendedMs = Math.max(...after.values()) - Math.max(...before.values())
  }
})

test.concurrent('after a stop leases lapse at the displayed deadline, and the cleanup runs', async ({
  expect,
}) => {
  await using store = await freshStore()
  await using registry = await startWithAgents(store)
  await sleep(AGE_MS)
  await stopFor(registry)
  const shown = [...deadlines(await alive(registry)).values()]
  expect(shown).toHaveLength(AGENTS)
  const first = Math.min(...shown)
  const last = Math.max(...shown)
  expect(last - Date.now()).toBeLessThan(TTL_SECONDS * 1000)

  for (let sentAt = Date.now(); sentAt < last + 100; sentAt = Date.now()) {
    const { length } = await alive(registry)
    if (Date.now() < first - 20) expect(length).toBe(AGENTS)
    if (sentAt > last + 20) expect(length).toBe(0)
    await sleep(20)
  }
  const allAgents = async () => (await registry.http.get<Agent[]>('/agents?include_dead=true')).body
  await expect.poll(allAgents).toEqual([])
})

test.concurrent('requests that waited in the sockets meanwhile succeed as usual', async () => {
  await using store = await freshStore()
  await using registry = await startWithAgents(store)
  const lists: Promise<Answer<Agent[]>>[] = []
  const heartbeats: Promise<Answer<HeartbeatReceipt>>[] = []
  const registrations: Promise<Answer<RegisteredAgent>>[] = []
  const { stoppedAt, stoppedMs } = await stopFor(registry, () => {
    for (let index = 0; index < AGENTS; index++) {
      const late = registration(`late-${index}`, { ttl_seconds: TTL_SECONDS })
      lists.push(registry.http.get('/agents'))
      // Half of the agents send heartbeats again, the other half keep their remaining time.
      if (index % 2 === 0) {
        heartbeats.push(registry.http.send('POST', `/agents/agent-${index}/heartbeat`))
      }
      registrations.push(registry.http.send('POST', '/agents/register', late))
    }
  })

  for (const { status, body } of await Promise.all(lists)) {
    expect(status).toBe(200)
    expect(body.filter(({ agent_id }) => agent_id.startsWith('agent-'))).toHaveLength(AGENTS)
  }
  for (const { status, body } of await Promise.all([...heartbeats, ...registrations])) {
    expect(status).toBe(200)
    expect(Date.parse(body.last_heartbeat)).toBeGreaterThan(stoppedAt + stoppedMs - TOLERANCE_MS)
  }
  expect(await alive(registry)).toHaveLength(2 * AGENTS)
})
