// The settings of the brake on mass expiry, and what an operator sees while it is on.
import type { Agent, RegisteredAgent } from '@rollcall/protocol'
import { expect, test } from 'vitest'
import { registration } from './support/http-client.ts'
import { RegistryProcess } from './support/registry-process.ts'
import { runRollcall } from './support/rollcall-command.ts'
import { brakeOf, healthOf, listedIds, PATIENT } from './support/silent-fleet.ts'
import { TemporaryFolder } from './support/temporary-folder.ts'

const SIZE = 3
/** Longer than three registrations take on a busy machine. */
const TTL_SECONDS = 3

/** Starts a registry with three agents that fall silent at the same moment: after one heartbeat of all. */
async function startSilent(cwd: string, ...args: string[]): Promise<RegistryProcess> {
  const registry = await RegistryProcess.start({ cwd, db: 'memory:', args })
  const ids = Array.from({ length: SIZE }, (_, at) => `agent-${at}`)
  for (const id of ids) {
    const agent = registration(id, { ttl_seconds: TTL_SECONDS })
    await registry.http.send<RegisteredAgent>('POST', '/agents/register', agent)
  }
  await registry.http.send('POST', '/agents/heartbeats', { agent_ids: ids })
  return registry
}

const aliveIn = async ({ http }: RegistryProcess) => (await healthOf(http)).active_agents

test('a fleet of the minimum size is held back, and shown as suspect', async () => {
  using folder = new TemporaryFolder()
  await using registry = await startSilent(folder.path, '--brake-minimum', `${SIZE}`)
  const brake = await brakeOf(registry.http)
  expect(Date.parse(brake.ends_at) - Date.parse(brake.since)).toBe(300_000)
  await expect.poll(() => listedIds(registry.http, '?status=suspect'), PATIENT).not.toEqual([])
  const { body } = await registry.http.get<Agent[]>('/agents?status=suspect')
  expect(body[0]).toMatchObject({ status: 'suspect', is_alive: true })
  const metrics = await (await fetch(`${registry.url}/metrics`)).text()
  expect(metrics).toContain('rollcall_expiry_brake_on 1')
  expect(metrics).toMatch(/rollcall_agents\{status="suspect"\} [1-9]/)

  const env = { REGISTRY_URL: registry.url }
  const run = (...command: string[]) => runRollcall(command, { cwd: folder.path, env })
  expect((await run('health')).stdout).toContain('fell silent at once')
  expect((await run('list', '--status', 'suspect')).stdout).toContain('suspect')
  const { findings } = JSON.parse((await run('doctor', '--json')).stdout)
  expect(findings).toContainEqual(
    expect.objectContaining({ topic: 'expiry', message: brake.reason }),
  )
})

test('expires after the maximum, and the log shows both ends', async () => {
  using folder = new TemporaryFolder()
  const args = ['--brake-minimum', `${SIZE}`, '--brake-max', '5', '--log-level', 'info']
  await using registry = await startSilent(folder.path, ...args)
  const brake = await brakeOf(registry.http)
  expect(Date.parse(brake.ends_at) - Date.parse(brake.since)).toBe(5000)
  await expect.poll(() => aliveIn(registry), PATIENT).toBe(0)
  await expect.poll(() => registry.output, PATIENT).toContain('leases expire on time again')
  expect(registry.output.split(brake.reason)).toHaveLength(2)
  expect((await healthOf(registry.http)).expiry_brake).toBeNull()
})

test.each([
  ['a fraction of 0', ['--brake-minimum', '1', '--brake-fraction', '0']],
  ['a larger minimum', ['--brake-minimum', `${SIZE + 1}`]],
  ['the defaults', []],
])('a small fleet expires on time with %s', async (_, args) => {
  using folder = new TemporaryFolder()
  await using registry = await startSilent(folder.path, ...args)
  await expect.poll(() => aliveIn(registry), PATIENT).toBe(0)
  const { body } = await registry.http.get<{ type: string }[]>('/events?since=0')
  expect(body.filter(({ type }) => type === 'updated')).toEqual([])
})
