// One agent on the command line: register, heartbeat, drain, deregister.

import { AGENT_DETAILS } from '@rollcall/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CliSession } from './support/cli-session.ts'

let cli: CliSession
beforeAll(async () => {
  cli = await CliSession.start()
})
afterAll(() => cli[Symbol.asyncDispose]())

const flagOf = (wireName: string) => `--${wireName.replaceAll('_', '-')}`

const json = async (...args: string[]) => JSON.parse(await cli.print(...args, '--json'))

describe.concurrent('register', () => {
  test('registers all options, and prints the lease duration', async () => {
    const output = await cli.print(
      ...['register', 'full-1', '--name', 'Full', '--host', '10.1.2.3', '--port', '8123'],
      ...['--ttl', '90', '--capability', 'search', '--capability', 'plan', '--load', '0.5'],
      ...['--metadata', 'region=eu-1', '--metadata', '{"gpu": {"count": 2}}'],
      ...AGENT_DETAILS.flatMap(({ wireName, example }) => [flagOf(wireName), example]),
      ...['--agent-version', '1.2.0', '--status', 'busy', '--url', 'https://full.example/'],
    )
    expect(output).toBe(
      'full-1 is registered at https://full.example/, alive for 1m 30s; ' +
        'next heartbeat within 30s\n',
    )
    expect(await json('get', 'full-1')).toMatchObject({
      agent_id: 'full-1',
      agent_name: 'Full',
      host: '10.1.2.3',
      port: 8123,
      ttl_seconds: 90,
      capabilities: ['search', 'plan'],
      metadata: { region: 'eu-1', gpu: { count: 2 } },
      version: '1.2.0',
      ...Object.fromEntries(AGENT_DETAILS.map(({ wireName, example }) => [wireName, example])),
      status: 'busy',
      load: 0.5,
    })
  })

  test('requires only an id, and omits the optional fields that the agent lacks', async () => {
    const agent = await json('register', 'least-1')
    expect(agent).toMatchObject({ agent_name: 'least-1', port: 8000, ttl_seconds: 60 })
    expect(agent.heartbeat_interval_seconds).toBe(20)
    const optional = [
      ...AGENT_DETAILS.map(({ wireName }) => wireName),
      'maintenance',
      'instance_id',
    ]
    const [registered] = await json('history', 'least-1')
    for (const shown of [agent, await json('get', 'least-1'), registered.agent]) {
      expect(shown).toMatchObject({ version: null, metadata: null, load: null })
      for (const field of optional) expect(shown).not.toHaveProperty(field)
    }
  })
})

test('heartbeat renews the lease and reports status and load', async () => {
  await cli.print('register', 'renewed-1')
  const before = await json('get', 'renewed-1')
  expect(await cli.print('heartbeat', 'renewed-1', '--status', 'busy', '--load', '0.9')).toBe(
    'renewed-1 is alive for 1m 0s; next heartbeat within 20s\n',
  )
  const after = await json('get', 'renewed-1')
  expect(after).toMatchObject({ status: 'busy', load: 0.9 })
  expect(Date.parse(after.expires_at)).toBeGreaterThan(Date.parse(before.expires_at))
  expect(await json('heartbeat', 'renewed-1')).toMatchObject({ status: 'ok', ttl_seconds: 60 })
})

test('capabilities counts what agents can do', async () => {
  await cli.print('register', 'does-1', '--capability', 'sings', '--capability', 'sinks')
  await cli.print('register', 'does-2', '--capability', 'sings', '--status', 'busy')
  expect(await cli.print('capabilities', '--search', 'SIN')).toBe(
    'sings\t2\t1\t1\t0\t0\t0\nsinks\t1\t1\t0\t0\t0\t0\n',
  )
  expect(await json('capabilities', '--search', 'sin', '--limit', '1')).toEqual({
    capabilities: [expect.objectContaining({ name: 'sings', alive: 2, ready: 1 })],
    complete: false,
  })
  expect(await cli.run('capabilities', '--search', 'flies')).toMatchObject({ code: 0, stdout: '' })
})

test('drain and ready set and end maintenance, and history shows both', async () => {
  await cli.print('register', 'drains-1')
  expect(await cli.print('drain', 'drains-1', '--reason', 'upgrade', '--by', 'ann')).toBe(
    'drains-1 is in maintenance: upgrade\n',
  )
  await cli.print('heartbeat', 'drains-1', '--status', 'ready')
  expect(await json('get', 'drains-1')).toMatchObject({
    status: 'draining',
    maintenance: { reason: 'upgrade', by: 'ann' },
  })
  expect(await cli.print('get', 'drains-1')).toMatch(/^maintenance\tupgrade; by ann, .+ ago/m)
  expect(await cli.print('list', '--wide')).toContain('\tupgrade (ann)\t-\n')
  expect(await cli.print('ready', 'drains-1')).toBe('drains-1 is no longer in maintenance\n')
  const lines = (await cli.print('history', 'drains-1')).trimEnd().split('\n')
  const actor = String.raw`anonymous \(127\.0\.0\.1\)`
  const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`
  expect(lines).toEqual([
    expect.stringMatching(RegExp(`^${time}\tregistered\tregistered by request\t${actor}$`)),
    expect.stringMatching(
      RegExp(`^${time}\tupdated\tmaintenance by ann: upgrade; status ready -> draining\t${actor}$`),
    ),
    expect.stringMatching(
      RegExp(`^${time}\tupdated\tmaintenance ended; status draining -> ready\t${actor}$`),
    ),
  ])
  expect(await json('history', 'drains-1', '--limit', '1')).toEqual([
    expect.objectContaining({ agent_id: 'drains-1', type: 'updated', listed: true }),
  ])
})

test('get prints one line per property', async () => {
  await cli.print('register', 'shown-1', '--host', '10.0.0.7', '--metadata', 'region=eu-1')
  const details = (await cli.print('get', 'shown-1')).trimEnd().split('\n')
  expect(details).toContain('id\tshown-1')
  expect(details).toContain('url\thttp://10.0.0.7:8000')
  expect(details).toContain('host\t10.0.0.7')
  expect(details).toContain('port\t8000')
  expect(details).toContain('metadata\t{"region":"eu-1"}')
  expect(details).toContainEqual(expect.stringMatching(/^lease\t.* of 1m 0s left$/))
})

test('deregister removes the agent, and keeps its history', async () => {
  await cli.print('register', 'leaves-1')
  expect(await cli.print('deregister', 'leaves-1')).toBe('leaves-1 is deregistered\n')
  expect(await cli.run('get', 'leaves-1')).toMatchObject({ code: 1, stdout: '' })
  expect(await cli.print('history', 'leaves-1')).toContain('\tderegistered\t')
})

test('drain covers a beginning of ids, and ready says what remains in force', async () => {
  expect(await cli.print('drain', 'team:*', '--reason', 'upgrade', '--by', 'ann')).toBe(
    'team:* is in maintenance: upgrade\n',
  )
  expect(await cli.print('drain', 'team:1', '--by', 'bo')).toBe(
    'team:1 is in maintenance: drained by an operator; no such agent is registered yet\n',
  )
  expect(await json('register', 'team:2')).toMatchObject({ status: 'draining' })
  expect(await json('maintenance')).toEqual([
    expect.objectContaining({ pattern: 'team:*', reason: 'upgrade', by: 'ann' }),
    expect.objectContaining({ pattern: 'team:1', reason: 'drained by an operator', by: 'bo' }),
  ])
  expect(await cli.print('maintenance')).toMatch(/^team:\*\t\d+\tann\tupgrade\nteam:1\t/)
  expect(await cli.print('ready', 'team:1')).toBe(
    'team:1 is no longer in maintenance, but team:* is: upgrade\n',
  )
  expect(await cli.print('ready', 'team:*')).toBe('team:* is no longer in maintenance\n')
  expect(await cli.run('maintenance')).toMatchObject({ code: 0, stdout: '' })
  expect(await cli.run('drain', 'a*b')).toMatchObject({ code: 2, stdout: '' })
})

test('drain names the user who runs it, and ready accepts what is not in maintenance', async () => {
  expect(await json('drain', 'named-1')).toMatchObject({ by: expect.stringMatching(/.@./) })
  expect(await json('ready', 'named-1')).toMatchObject({ ended: true, remaining: null })
  expect(await cli.print('ready', 'named-1')).toBe('named-1 was not in maintenance\n')
})

test('drain, ready and deregister accept several ids', async () => {
  for (const id of ['many-1', 'many-2']) await cli.print('register', id)
  expect(await cli.print('drain', 'many-1', 'many-2', '--reason', 'upgrade')).toBe(
    'many-1 is in maintenance: upgrade\nmany-2 is in maintenance: upgrade\n',
  )
  expect(await cli.print('ready', 'many-1', 'many-2')).toBe(
    'many-1 is no longer in maintenance\nmany-2 is no longer in maintenance\n',
  )
  expect(await json('deregister', 'many-1', 'many-2', 'many-1')).toEqual([
    { status: 'deleted', agent_id: 'many-1' },
    { status: 'deleted', agent_id: 'many-2' },
  ])
  expect(await cli.run('get', 'many-2')).toMatchObject({ code: 1 })
})

test('cleanup removes expired agents, and prints how many', async () => {
  await cli.print('register', 'dies-1', '--ttl', '1')
  await expect.poll(async () => (await json('get', 'dies-1')).is_alive).toBe(false)
  expect(await cli.run('get', 'dies-1')).toMatchObject({ code: 0 })
  expect(await cli.run('get', 'dies-1', '--alive')).toMatchObject({
    code: 1,
    stderr: 'rollcall: dies-1 is not alive: its lease has lapsed\n',
  })
  expect(await cli.print('cleanup')).toMatch(/^removed 1 expired agent\n$/)
  expect(await json('cleanup')).toEqual({ removed: 0 })
})

test('get --alive succeeds for an agent that is alive', async () => {
  await cli.print('register', 'lives-1')
  expect(await cli.run('get', 'lives-1', '--alive')).toMatchObject({ code: 0, stderr: '' })
})

test('health shows the health of the registry', async () => {
  expect(await cli.print('health')).toContain('status\thealthy\n')
  expect(await json('health')).toMatchObject({ status: 'healthy', version: expect.any(String) })
})
