// A restart, graceful or not, expires no agent: a live lease keeps its remaining time.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Agent, HeartbeatReceipt, RegisteredAgent } from '@rollcall/protocol'
import { describe, expect, test } from 'vitest'
import { freshStore } from '../stores/fresh-store.ts'
import { registration } from './support/http-client.ts'
import { RegistryProcess } from './support/registry-process.ts'

/** Longer than the flush interval of heartbeats. */
const FLUSHED_MS = 1500

async function register({ http }: RegistryProcess, agentId: string, ttlSeconds: number) {
  const agent = registration(agentId, { ttl_seconds: ttlSeconds })
  const { status, body } = await http.send<RegisteredAgent>('POST', '/agents/register', agent)
  expect(status).toBe(200)
  return body
}

describe.concurrent.each(['SIGTERM', 'SIGKILL'] as const)('over a restart after %s', (signal) => {
  test.concurrent('an agent keeps its record and its lease, and an expired one stays expired', async () => {
    await using store = await freshStore()
    const options = { cwd: store.folder, db: store.url }
    await using registry = await RegistryProcess.start(options)
    await register(registry, 'living', 300)
    await register(registry, 'lapsed', 1)
    const beat = await registry.http.send<HeartbeatReceipt>('POST', '/agents/living/heartbeat', {
      status: 'busy',
    })
    await sleep(FLUSHED_MS)
    const { body: before } = await registry.http.get<Agent>('/agents/living')
    registry.signal(signal)
    await registry.exit
    const downSince = Date.now()
    await sleep(1000)

    await using restarted = await RegistryProcess.start(options)
    const { body: after } = await restarted.http.get<Agent>('/agents/living')
    expect({ ...after, expires_at: '' }).toEqual({ ...before, expires_at: '' })
    expect(after.last_heartbeat).toBe(beat.body.last_heartbeat)
    // The lease was paused while no process listened, and it was not renewed.
    const extension = Date.parse(after.expires_at) - Date.parse(before.expires_at)
    expect(extension).toBeGreaterThan(900)
    expect(extension).toBeLessThan(Date.now() - downSince + FLUSHED_MS)
    const { body: lapsed } = await restarted.http.get<Agent>('/agents/lapsed')
    expect(lapsed).toMatchObject({ status: 'expired', is_alive: false })
  })

  // An agent that restarts does this: its old process deregisters, its new one registers.
  test.concurrent('an agent that deregistered and registered within a second has its new lease', async () => {
    await using store = await freshStore()
    const options = { cwd: store.folder, db: store.url }
    await using registry = await RegistryProcess.start(options)
    await register(registry, 'back', 1)
    const old = await registry.http.send('POST', '/agents/back/heartbeat')
    const left = await registry.http.send('DELETE', '/agents/back')
    expect([old.status, left.status]).toEqual([200, 200])
    const { last_heartbeat } = await register(registry, 'back', 3600)
    // The old lease would have lapsed long ago.
    await sleep(1000 + 2 * FLUSHED_MS)
    expect((await registry.http.get<Agent>('/agents/back')).body.is_alive).toBe(true)
    registry.signal(signal)
    await registry.exit

    await using restarted = await RegistryProcess.start(options)
    const { body } = await restarted.http.get<Agent>('/agents/back')
    expect(body).toMatchObject({ is_alive: true, ttl_seconds: 3600, last_heartbeat })
  })
})
