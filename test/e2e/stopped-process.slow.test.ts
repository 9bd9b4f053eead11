// A process that is stopped (SIGSTOP: a debugger, a paused container, a suspended machine) hears
// nobody, so nobody may expire for that time; afterwards leases run on from where they stood.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Agent, HeartbeatReceipt, RegisteredAgent } from '@rollcall/protocol'
import { expect, test } from 'vitest'
import { type FreshStore, freshStore } from '../stores/fresh-store.ts'
import { type Answer, registration } from './support/http-client.ts'
import { RegistryProcess } from './support/registry-process.ts'

const TTL_SECONDS = 4
/** Longer than the TTL. */
const STOPPED_MS = 4500
const AGENTS = 20
/** How long agents live before the stop: enough to tell what they had left from a new lease. */
const LIVED_MS = 1200
/** A stall is measured from the sweep that did not come, 50 ms after the last; the rest is slack. */
const TOLERANCE_MS = 300

async function startWithAgents(store: FreshStore): Promise<RegistryProcess> {
  const registry = await RegistryProcess.start({
    cwd: store.folder,
    db: store.url,
    // What expires by mistake would even be deleted.
    args: ['--cleanup-interval', '1'],
  })
  const ids = Array.from({ length: AGENTS }, (_, index) => `agent-${index}`)
  const answers = await Promise.all(
    ids.map((agentId) => {
      const agent = registration(agentId, { ttl_seconds: TTL_SECONDS })
      return registry.http.send<RegisteredAgent>('POST', '/agents/register', agent)
    }),
  )
  expect(answers.map(({ status }) => status)).toEqual(ids.map(() => 200))
  return registry
}

async function alive({ http }: RegistryProcess): Promise<Agent[]> {
  const { status, body } = await http.get<Agent[]>('/agents')
  expect(status).toBe(200)
  return body
}

/** Deadlines by agent, as shown; Unix ms. */
function deadlines(agents: readonly Agent[]): Map<string, number> {
  return new Map(agents.map((agent) => [agent.agent_id, Date.parse(agent.expires_at)]))
}

/**
 * Stops a registry, lets it be for a while and lets it go on.
 *
 * @returns when it stopped, and for how many milliseconds it was stopped
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

test.concurrent('nobody expires while the process is stopped, and everyone keeps what they had left', async () => {
  await using store = await freshStore()
  await using registry = await startWithAgents(store)
  await sleep(LIVED_MS)
  const before = deadlines(await alive(registry))
  expect(before.size).toBe(AGENTS)

  // Twice in a row: each lease still has time left after the first stop, none of it new.
  let extendedMs = 0
  for (let stop = 1; stop <= 2; stop++) {
    const { stoppedAt, stoppedMs } = await stopFor(registry)
    const after = deadlines(await alive(registry))
    const unheardMs = Date.now() - stoppedAt
    expect(after.size).toBe(AGENTS)
    for (const [agentId, deadline] of after) {
      const extension = deadline - (before.get(agentId) ?? 0) - extendedMs
      expect(extension).toBeGreaterThan(stoppedMs - TOLERANCE_MS)
      expect(extension).toBeLessThan(unheardMs + TOLERANCE_MS)
    }
    extendedMs = Math.max(...after.values()) - Math.max(...before.values())
  }
})

test.concurrent('after a stop leases lapse at the deadline that is shown, and the cleanup comes', async ({
  expect,
}) => {
  await using store = await freshStore()
  await using registry = await startWithAgents(store)
  await sleep(LIVED_MS)
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
  const everybody = async () => (await registry.http.get<Agent[]>('/agents?include_dead=true')).body
  await expect.poll(everybody).toEqual([])
})

test.concurrent('requests that waited in the sockets meanwhile are answered as if nothing had been', async () => {
  await using store = await freshStore()
  await using registry = await startWithAgents(store)
  const lists: Promise<Answer<Agent[]>>[] = []
  const heartbeats: Promise<Answer<HeartbeatReceipt>>[] = []
  const registrations: Promise<Answer<RegisteredAgent>>[] = []
  const { stoppedAt, stoppedMs } = await stopFor(registry, () => {
    for (let index = 0; index < AGENTS; index++) {
      const late = registration(`late-${index}`, { ttl_seconds: TTL_SECONDS })
      lists.push(registry.http.get('/agents'))
      // Half of the agents are heard again, the other half live on what they had left.
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
