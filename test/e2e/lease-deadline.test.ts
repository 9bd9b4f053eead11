// What happens when a deadline passes and when the cleanup runs, in real time.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Agent, Health, HeartbeatReceipt, RegisteredAgent } from '@rollcall/protocol'
import { expect, test } from 'vitest'
import { freshStore } from '../stores/fresh-store.ts'
import { registration, type Send } from './support/http-client.ts'
import { RegistryProcess } from './support/registry-process.ts'
import { HTTP_CLIENT, terminal } from './support/terminal.ts'

/** Milliseconds by which displayed times may differ from the clock of this process. */
const CLOCK_TOLERANCE_MS = 20

async function register(send: Send, agentId: string, ttlSeconds: number): Promise<RegisteredAgent> {
  const agent = registration(agentId, { ttl_seconds: ttlSeconds })
  const { status, body } = await send<RegisteredAgent>('POST', '/agents/register', agent)
  expect(status).toBe(200)
  return body
}

async function listedIds(send: Send, path: string): Promise<string[]> {
  const { status, body } = await send<Agent[]>('GET', path)
  expect(status).toBe(200)
  return body.map(({ agent_id }) => agent_id)
}

async function healthCounts(send: Send): Promise<Partial<Health>> {
  const { body } = await send<Health>('GET', '/health')
  return { registered_agents: body.registered_agents, active_agents: body.active_agents }
}

test.concurrent(`with ${HTTP_CLIENT}, an agent with a TTL of 2 s leaves the list after 2 s, and not before`, async () => {
  await using store = await freshStore()
  await using registry = await RegistryProcess.start({
    cwd: store.folder,
    db: store.url,
  })
  const send = terminal(registry)
  await register(send, 'steady', 60)
  const agent = await register(send, 'brief', 2)
  const deadline = Date.parse(agent.expires_at)
  expect(deadline - Date.parse(agent.last_heartbeat)).toBe(2000)
  expect(await healthCounts(send)).toEqual({ registered_agents: 2, active_agents: 2 })

  await sleep(deadline - Date.now() - 250)
  for (let sentAt = Date.now(); sentAt < deadline + 200; sentAt = Date.now()) {
    const listed = await listedIds(send, '/agents')
    // A response that straddles the deadline may be either.
    if (Date.now() < deadline - CLOCK_TOLERANCE_MS) expect(listed).toEqual(['brief', 'steady'])
    if (sentAt > deadline + CLOCK_TOLERANCE_MS) expect(listed).toEqual(['steady'])
  }

  expect(await listedIds(send, '/agents')).toEqual(['steady'])
  expect(await listedIds(send, '/agents?include_dead=false')).toEqual(['steady'])
  expect(await healthCounts(send)).toEqual({ registered_agents: 2, active_agents: 1 })
  const { body: all } = await send<Agent[]>('GET', '/agents?include_dead=true')
  expect(all).toMatchObject([
    { agent_id: 'brief', status: 'expired', is_alive: false },
    { agent_id: 'steady', status: 'ready', is_alive: true },
  ])

  const revived = await send<HeartbeatReceipt>('POST', '/agents/brief/heartbeat')
  expect(revived.status).toBe(200)
  expect(await listedIds(send, '/agents')).toEqual(['brief', 'steady'])
  expect(await healthCounts(send)).toEqual({ registered_agents: 2, active_agents: 2 })
})

test.concurrent(`with ${HTTP_CLIENT}, the cleanup deletes expired agents and keeps live ones`, async ({
  expect,
}) => {
  await using store = await freshStore()
  await using registry = await RegistryProcess.start({
    cwd: store.folder,
    db: store.url,
    args: ['--cleanup-interval', '1'],
  })
  const send = terminal(registry)
  await register(send, 'steady', 60)
  const { expires_at } = await register(send, 'brief', 2)
  const deadline = Date.parse(expires_at)

  while (Date.now() < deadline - 250) {
    const { status } = await send('GET', '/agents/brief')
    if (Date.now() < deadline - CLOCK_TOLERANCE_MS) expect(status).toBe(200)
    await sleep(50)
  }
  // The next cleanup is at most its interval away.
  await expect
    .poll(async () => (await send('GET', '/agents/brief')).status, { interval: 50 })
    .toBe(404)
  expect(Date.now()).toBeGreaterThanOrEqual(deadline - CLOCK_TOLERANCE_MS)
  expect((await send('POST', '/agents/brief/heartbeat')).status).toBe(404)
  expect(await listedIds(send, '/agents?include_dead=true')).toEqual(['steady'])
  expect(await healthCounts(send)).toEqual({ registered_agents: 1, active_agents: 1 })
})
