// Listing agents on the command line: tables on a terminal, tab-separated lines and JSON for
// programs.

import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { HAS_TERMINAL, TERMINAL } from '../examples/guide-terminal.ts'
import { CliSession } from './support/cli-session.ts'

const A2A = { protocol: 'a2a' }

let cli: CliSession
beforeAll(async () => {
  cli = await CliSession.start()
  await Promise.all(
    [
      { agent_id: 'r-1', agent_name: 'Researcher', capabilities: ['search', 'plan'], load: 0.1 },
      { agent_id: 'r-2', agent_name: 'Researcher', capabilities: ['search'], load: 0.9, ...A2A },
      { agent_id: 'w-1', agent_name: 'Writer', metadata: { region: 'eu-1' }, status: 'busy' },
      {
        agent_id: 'c-1',
        agent_name: 'Critic\u009b31m',
        capabilities: ['review'],
        status: 'draining',
      },
    ].map(async (agent) => {
      const rest = { host: '10.0.0.1', port: 8000, ttl_seconds: 600 }
      const { status } = await cli.registry.http.send('POST', '/agents/register', {
        ...rest,
        ...agent,
      })
      expect(status).toBe(200)
    }),
  )
})
afterAll(() => cli[Symbol.asyncDispose]())

describe.concurrent('piped', () => {
  test('list prints one line per agent, with tab-separated fields', async () => {
    const lines = (await cli.print('list')).trimEnd().split('\n')
    const fields = lines.map((line) => line.split('\t'))
    expect(fields.map(([, id]) => id)).toEqual(['c-1', 'r-1', 'r-2', 'w-1'])
    const [, r1] = fields
    expect(r1?.slice(0, 5)).toEqual([
      ...['Researcher', 'r-1', 'http://10.0.0.1:8000', 'ready', 'search,plan'],
    ])
    // Seconds since the last heartbeat, and until the deadline: together the TTL, give or take one by rounding,
    // and more if the registry was held up.
    const [age = Number.NaN, left = Number.NaN] = r1?.slice(5, 7).map(Number) ?? []
    expect(age).toBeGreaterThanOrEqual(0)
    expect(age + left).toBeGreaterThanOrEqual(599)
    expect(r1?.slice(7)).toEqual(['0.1', '600', '-', '-', '-', '-'])
  })

  test.each([
    { args: ['--id', 'r-*'], ids: ['r-1', 'r-2'] },
    { args: ['--id', 'w-1', '--id', 'c*'], ids: ['c-1', 'w-1'] },
    { args: ['--name', 'Res*'], ids: ['r-1', 'r-2'] },
    { args: ['--capability', 'search', '--capability', 'plan'], ids: ['r-1'] },
    { args: ['--status', 'busy', '--status', 'draining'], ids: ['c-1', 'w-1'] },
    { args: ['--metadata', 'region=eu-1'], ids: ['w-1'] },
    { args: ['--protocol', 'a2a'], ids: ['r-2'] },
    { args: ['-q', 'researcher plan'], ids: ['r-1'] },
    { args: ['--sort', '-load', '--limit', '2'], ids: ['r-2', 'r-1'] },
    { args: ['--include-dead', '--limit', '1'], ids: ['c-1'] },
    { args: ['--name', 'Unknown'], ids: [] },
  ])('list $args finds $ids', async ({ args, ids }) => {
    const lines = (await cli.print('list', ...args)).split('\n').slice(0, -1)
    expect(lines.map((line) => line.split('\t')[1])).toEqual(ids)
    const agents: { agent_id: string }[] = JSON.parse(await cli.print('list', ...args, '--json'))
    expect(agents.map(({ agent_id }) => agent_id)).toEqual(ids)
  })

  test('--json prints agents in the format of the HTTP interface', async () => {
    const { body } = await cli.registry.http.get('/agents')
    expect(JSON.parse(await cli.print('list', '--json'))).toEqual(body)
  })

  test('--watch is rejected without a terminal', async () => {
    const { code, stdout, stderr } = await cli.run('list', '--watch')
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/^rollcall: .*rollcall watch\n/)
  })

  test('a closed pipe ends the command silently', async () => {
    const child = cli.spawn('list')
    child.stdout?.destroy()
    let stderr = ''
    child.stderr?.on('data', (text: string) => {
      stderr += text
    })
    const [code] = await once(child, 'close')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })
})

describe.runIf(HAS_TERMINAL)(`on ${TERMINAL}`, () => {
  test('list prints a table that fits, in colour, without control characters of agents', async () => {
    const text = await onTerminal('list')
    const lines = plain(text).split('\r\n')
    expect(lines[0]).toMatch(/^NAME +ID +ENDPOINT +STATUS +LOAD +CAPABILITIES +BEAT +LEFT$/)
    expect(lines[2]).toMatch(
      /^Researcher +r-1 +10\.0\.0\.1:8000 +ready +0\.10 +search,plan +\d+[sm] +\d+m$/,
    )
    expect(lines.filter((line) => line.length > 80)).toEqual([])
    expect(text).toContain('\u001b[33mbusy')
    expect(text).toContain('Critic\ufffd31m')
  })

  test('list stays readable if one agent has an id of maximum length', async () => {
    const register = (...args: string[]) =>
      cli.print('register', ...args, '--capability', 'long', '--ttl', '600')
    await register('x'.repeat(255))
    await register('short-1', '--load', '0.5')
    await register('short-2', '--load', '0.25')
    const list = async (width: number) => {
      const text = await onTerminal('list --capability long', { setting: 'NO_COLOR=1', width })
      const lines = text.trimEnd().split('\r\n')
      expect(lines.filter((line) => line.length > width)).toEqual([])
      return lines
    }
    const [header = '', ...rows] = await list(80)
    expect(header).toMatch(/^NAME +ID +ENDPOINT +STATUS +LOAD +CAPABILITIES +BEAT +LEFT$/)
    expect(rows[0]).toMatch(/^short-1 +short-1 +\S+:8000 +ready +0\.50 +long +\d+[sm] +\d+m$/)
    expect(rows[2]).toMatch(/^x+… +x+… +\S+:8000 +ready +- +long +\d+[sm] +\d+m$/)
    // If not all columns fit, ids are not truncated.
    expect((await list(60))[1]).toMatch(/^short-1 +short-1 /)
    await cli.print('deregister', 'x'.repeat(255), 'short-1', 'short-2')
  })

  test('NO_COLOR disables colours', async () => {
    expect(await onTerminal('list', { setting: 'NO_COLOR=1' })).not.toContain('\u001b[')
  })

  test.each([
    { filter: '--name Unknown', hint: ' To include expired agents: --include-dead' },
    { filter: '--name Unknown --include-dead', hint: '' },
    { filter: '--status expired', hint: '' },
  ])('list $filter finds no agents, and prints a hint', async ({ filter, hint }) => {
    const text = await onTerminal(`list ${filter}`, { setting: 'NO_COLOR=1' })
    expect(text).toBe(`No agents.${hint}\r\n`)
  })

  test('list --watch shows a table on the alternate screen until Ctrl-C, and exits with 0', async () => {
    // In the foreground, because otherwise it sends the signal twice: to the process, and to its group.
    const wrapper = 'timeout --foreground --preserve-status --signal INT 2'
    const text = await onTerminal('list --watch --name "Res*"', { wrapper })
    const [before, screen = '', after] = text.split('\u001b[?1049')
    expect(before).toBe('')
    expect(plain(screen)).toMatch(/^h.*2 agents at .*NAME .*Researcher +r-1 .*Researcher +r-2 /s)
    expect(after).toBe('lcode 0\r\n')
  })
})

/** Returns the output of `rollcall` on a terminal, of 80 columns by default. */
async function onTerminal(
  command: string,
  {
    setting = 'TERM=xterm',
    wrapper = '',
    width = 80,
  }: { setting?: string; wrapper?: string; width?: number } = {},
): Promise<string> {
  const child = cli.spawn('--version')
  const [program = '', ...args] = child.spawnargs.slice(0, 2)
  await once(child, 'close')
  const tail = wrapper === '' ? '' : '; echo code $?'
  const line =
    [`stty cols ${width}; env`, setting, wrapper, program, ...args, command].join(' ') + tail
  const { stdout } = spawnSync('script', ['-qec', line, '/dev/null'], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, TERM: 'xterm', REGISTRY_URL: cli.registry.url },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return stdout
}

function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control characters.
  return text.replaceAll(/\u001b\[\d+m/g, '')
}
