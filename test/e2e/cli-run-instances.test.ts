// `rollcall run` twice with one id: what each of them says and does.
import type { Agent } from '@rollcall/protocol'
import { describe, expect, test } from 'vitest'
import { PlainInstance } from './support/plain-instance.ts'
import { RegistryProcess } from './support/registry-process.ts'
import { runRollcall } from './support/rollcall-command.ts'
import { agentIn, diedOf, eventTypes, LONG_RUNNING, NODE, Sidecar } from './support/sidecar.ts'

/** Heartbeats every third of a second, so that a run notices soon. */
const SOON = ['--ttl', '1']

async function takenOver(
  registry: RegistryProcess,
  args: readonly string[],
  script = LONG_RUNNING,
): Promise<Sidecar> {
  const all = [...SOON, ...args, '--', ...NODE, script]
  const sidecar = new Sidecar(process.cwd(), registry.url, all)
  await expect.poll(() => eventTypes(registry).catch(() => [])).toContain('registered')
  await new PlainInstance(registry.url, 'side', 'other').register(60)
  return sidecar
}

const start = () => RegistryProcess.start({ cwd: process.cwd(), db: 'memory:' })

test('by default the program lives on, without heartbeats and without a goodbye', async () => {
  await using registry = await start()
  await using sidecar = await takenOver(registry, [])
  await expect
    .poll(() => sidecar.stderr)
    .toContain(
      'rollcall: another instance (incarnation 2) has registered side: no more heartbeats from this one\n',
    )
  const before = await agentIn(registry)
  sidecar.signal('SIGTERM')
  expect(await sidecar.exit).toBe(diedOf.SIGTERM)
  expect(await agentIn(registry)).toEqual(before)
  expect(sidecar.stderr).not.toContain('deregistered')
  expect((await eventTypes(registry)).at(-1)).toBe('replaced')
})

test('--json says it as a JSON line', async () => {
  await using registry = await start()
  await using sidecar = await takenOver(registry, ['--json'])
  await expect.poll(() => sidecar.stderr).toContain('"event":"superseded"')
  const line = sidecar.stderr.split('\n').find((it) => it.includes('"superseded"')) ?? ''
  expect(JSON.parse(line)).toMatchObject({ event: 'superseded', agent_id: 'side' })
})

describe('--on-superseded stop', () => {
  const STOP = ['--on-superseded', 'stop']

  test('ends the program with SIGTERM, and the exit code is 3', async () => {
    await using registry = await start()
    const script = `process.on('SIGTERM', () => { console.log('ending'); process.exit(0) }); ${LONG_RUNNING}`
    await using sidecar = await takenOver(registry, STOP, script)
    expect(await sidecar.exit).toBe(3)
    expect(sidecar.stdout).toBe('ending\n')
    expect(await agentIn(registry)).toMatchObject({ instance_id: 'other', is_alive: true })
  })

  test('kills a program that does not end within --kill-after', async () => {
    await using registry = await start()
    const script = `process.on('SIGTERM', () => {}); ${LONG_RUNNING}`
    await using sidecar = await takenOver(registry, [...STOP, '--kill-after', '0.5'], script)
    expect(await sidecar.exit).toBe(3)
    expect(sidecar.stderr).toContain('killing it')
  })

  test('sends no second SIGTERM to a program that is ending: its exit code is returned', async () => {
    await using registry = await start()
    const script = `
      let signals = 0
      process.on('SIGTERM', () => { signals++; setTimeout(() => process.exit(10 + signals), 1000) })
      console.log('up'); ${LONG_RUNNING}`
    const args = ['--ttl', '600', ...STOP, '--', ...NODE, script]
    await using sidecar = new Sidecar(process.cwd(), registry.url, args)
    await expect.poll(() => sidecar.stdout).toBe('up\n')
    await expect.poll(() => agentIn(registry)).toBeDefined()
    await new PlainInstance(registry.url, 'side', 'other').register(60)
    sidecar.signal('SIGTERM')
    expect(await sidecar.exit).toBe(11)
    expect(sidecar.stderr).toContain('another instance')
  })

  test('anything else is a usage error', async () => {
    const args = ['run', '--name', 'x', '--on-superseded', 'restart', '--', 'true']
    const { code, stderr } = await runRollcall(args, { cwd: process.cwd() })
    expect(code).toBe(2)
    expect(stderr).toContain('keep, stop')
  })
})

test('the program is told its instance, and a client in it is the same one', async () => {
  await using registry = await start()
  const script = `
    const { AGENT_ID, AGENT_INSTANCE_ID } = process.env
    import('@rollcall/client').then(async ({ AgentRegistryClient }) => {
      const agent = await AgentRegistryClient.join({ agentId: AGENT_ID, agentName: 'inner', ttlSeconds: 60 })
      await agent.setStatus('busy')
      console.log(AGENT_INSTANCE_ID === agent.instanceId, agent.instanceId)
    })
    ${LONG_RUNNING}`
  const args = ['--', ...NODE, script]
  await using sidecar = new Sidecar(process.cwd(), registry.url, args)
  await expect.poll(() => sidecar.stdout).toContain('\n')
  const [isSame, instance] = sidecar.stdout.trim().split(' ')
  expect(isSame).toBe('true')
  await expect.poll(() => sidecar.stderr).toContain('is registered')
  const { instance_id, incarnation } = (await agentIn(registry)) as Agent
  expect({ instance_id, incarnation }).toEqual({ instance_id: instance, incarnation: 1 })
})
