// Two processes with one agent id: the newer one is the agent, whatever the older one still does.
import type { Agent } from '@rollcall/protocol'
import { describe, expect, test } from 'vitest'
import { ClientProcess } from './support/client-process.ts'
import { PlainInstance } from './support/plain-instance.ts'
import { PresenceWatch } from './support/presence-watch.ts'
import { RegistryNodes } from './support/registry-nodes.ts'
import type { RegistryProcess } from './support/registry-process.ts'
import { agentIn, diedOf, eventTypes, NODE, Sidecar } from './support/sidecar.ts'

/** Of agents that are to die; those that are to live do not depend on a quiet machine. */
const TTL_SECONDS = 3
const LONG_TTL_SECONDS = 60
/** Prints its process id, and goes on until it is terminated. */
const PROGRAM = 'console.log(process.pid); setTimeout(() => {}, 60_000)'

const sdkAgent = (ttlSeconds: number) => `
  import { AgentRegistryClient } from '@rollcall/client'
  import { closeOnSignals } from '@rollcall/client/node'
  const agent = await AgentRegistryClient.join({
    agentId: 'side', agentName: 'test', host: '127.0.0.1', ttlSeconds: ${ttlSeconds}, keepAlive: true,
  })
  agent.on('superseded', ({ incarnation }) => console.log('superseded by', incarnation))
  closeOnSignals(agent)
  console.log('joined as', agent.instanceId)`

const run = (node: RegistryProcess, ttlSeconds: number) =>
  new Sidecar(process.cwd(), node.url, ['--ttl', String(ttlSeconds), '--', ...NODE, PROGRAM])

const isRegistered = (sidecar: Sidecar) =>
  expect.poll(() => sidecar.stderr).toContain('side (http:')

/** Waits until the agent is dead. Returns it, and how long it lived after its last heartbeat. */
async function death(node: RegistryProcess): Promise<{ agent: Agent; ms: number }> {
  await expect.poll(async () => (await eventTypes(node)).at(-1)).toBe('expired')
  const agent = (await agentIn(node)) as Agent
  return { agent, ms: Date.parse(agent.expires_at) - Date.parse(agent.last_heartbeat) }
}

describe('rollcall run', () => {
  test('SIGTERM of the older one: the agent is listed and ready throughout', async () => {
    await using registry = await RegistryNodes.start()
    await using older = run(registry.first, LONG_TTL_SECONDS)
    await isRegistered(older)
    await using watch = new PresenceWatch(registry, ['side'])
    await using newer = run(registry.last, LONG_TTL_SECONDS)
    await isRegistered(newer)
    older.signal('SIGTERM')
    expect(await older.exit).toBe(diedOf.SIGTERM)
    expect(older.stderr).toContain('another instance (incarnation 2) has registered side')
    expect(older.stderr).not.toContain('is deregistered')
    await watch.read()
    expect(await watch.end()).toEqual([])
    expect(await eventTypes(registry.last)).toEqual(['registered', 'replaced'])
    newer.signal('SIGTERM')
    await newer.exit
    expect(await agentIn(registry.first)).toBeUndefined()
  })

  test('kill -9 of the newer one: the agent is dead at its TTL', async () => {
    await using registry = await RegistryNodes.start()
    await using older = run(registry.first, TTL_SECONDS)
    await isRegistered(older)
    await using newer = run(registry.last, TTL_SECONDS)
    await isRegistered(newer)
    await expect.poll(() => newer.stdout).not.toBe('')
    newer.signal('SIGKILL')
    process.kill(Number(newer.stdout), 'SIGKILL')
    const { agent, ms } = await death(registry.first)
    expect(agent).toMatchObject({ incarnation: 2, is_alive: false })
    expect(ms).toBe(TTL_SECONDS * 1000)
    await expect.poll(() => older.stderr).toContain('no more heartbeats from this one')
    expect(await eventTypes(registry.last)).toEqual(['registered', 'replaced', 'expired'])
  })
})

describe('programs with the client', () => {
  test('SIGTERM of the older one: the agent is listed and ready throughout', async () => {
    await using registry = await RegistryNodes.start()
    await using older = ClientProcess.start(sdkAgent(LONG_TTL_SECONDS), registry.first.url)
    await older.printed('joined as')
    await using watch = new PresenceWatch(registry, ['side'])
    await using newer = ClientProcess.start(sdkAgent(LONG_TTL_SECONDS), registry.last.url)
    await newer.printed('joined as')
    older.signal('SIGTERM')
    await older.exit
    expect(older.output).toContain('superseded by 2')
    await watch.read()
    expect(await watch.end()).toEqual([])
    expect(newer.output).toContain((await agentIn(registry.first))?.instance_id)
    expect(await eventTypes(registry.last)).toEqual(['registered', 'replaced'])
  })

  test('kill -9 of the newer one: the agent is dead at its TTL', async () => {
    await using registry = await RegistryNodes.start()
    await using older = ClientProcess.start(sdkAgent(TTL_SECONDS), registry.first.url)
    await older.printed('joined as')
    await using newer = ClientProcess.start(sdkAgent(TTL_SECONDS), registry.last.url)
    await newer.printed('joined as')
    newer.signal('SIGKILL')
    expect((await death(registry.first)).agent).toMatchObject({ incarnation: 2, is_alive: false })
    await older.printed('superseded by 2')
  })
})

describe('plain HTTP', () => {
  const REFUSED = { status: 409, code: 'SUPERSEDED', incarnation: 2 }

  test('the older one renews and removes nothing', async () => {
    await using registry = await RegistryNodes.start()
    const older = new PlainInstance(registry.first.url, 'side', 'older')
    const newer = new PlainInstance(registry.last.url, 'side', 'newer')
    expect(await older.register(LONG_TTL_SECONDS)).toBe(200)
    await using watch = new PresenceWatch(registry, ['side'])
    expect(await newer.register(LONG_TTL_SECONDS)).toBe(200)
    expect(await older.heartbeat()).toEqual(REFUSED)
    expect(await older.deregister()).toEqual(REFUSED)
    expect(await newer.heartbeat()).toMatchObject({ status: 200 })
    await watch.read()
    expect(await watch.end()).toEqual([])
  })

  test('the agent is dead at its TTL when only the older one goes on', async () => {
    await using registry = await RegistryNodes.start()
    const older = new PlainInstance(registry.first.url, 'side', 'older')
    await older.register(TTL_SECONDS)
    await new PlainInstance(registry.last.url, 'side', 'newer').register(TTL_SECONDS)
    let isOver = false
    const answers = new Set<string>()
    const beating = (async () => {
      while (!isOver) answers.add(JSON.stringify(await older.heartbeat()))
    })()
    const { agent } = await death(registry.last)
    isOver = true
    await beating
    expect(agent).toMatchObject({ instance_id: 'newer', is_alive: false })
    expect([...answers].map((text) => JSON.parse(text))).toEqual([REFUSED])
  })
})
