// Agents that nobody changes, registered from a manifest or a card for as long as they answer.
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { eventually } from '../http/support/eventually.ts'
import { CliSession } from './support/cli-session.ts'
import { MirroredSite } from './support/mirrored-site.ts'

let cli: CliSession
let site: MirroredSite
let mirrors: ChildProcess[] = []
let number = 0
/** The beginning of the ids of this test. */
let prefix = ''
beforeAll(async () => {
  cli = await CliSession.start()
})
afterAll(() => cli[Symbol.asyncDispose]())
beforeEach(async () => {
  site = await MirroredSite.start()
  prefix = `m${++number}:`
  mirrors = []
})
afterEach(async () => {
  for (const child of mirrors) child.kill('SIGKILL')
  await site[Symbol.asyncDispose]()
})

interface RunningMirror {
  readonly child: ChildProcess
  readonly notices: { type: string; agent_id?: string; reason?: string }[]
}

function start(path = '/ard.json', ...options: string[]): RunningMirror {
  const args = ['--prefix', prefix, '--interval', '0.2', '--ttl', '2', '--timeout', '2', '--json']
  const child = cli.spawn('mirror', site.url + path, ...args, ...options)
  mirrors.push(child)
  const notices: RunningMirror['notices'] = []
  let rest = ''
  child.stdout?.on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    notices.push(...lines.map((line) => JSON.parse(line)))
  })
  return { child, notices }
}
const once_ = (path: string, ...options: string[]) =>
  cli.run('mirror', site.url + path, '--prefix', prefix, '--once', ...options)

interface Listed {
  readonly agent_id: string
  readonly is_alive: boolean
  readonly [field: string]: unknown
}
async function listed(): Promise<Listed[]> {
  return JSON.parse(await cli.print('list', '--id', `${prefix}*`, '--include-dead', '--json'))
}
const states = async () =>
  Object.fromEntries((await listed()).map((it) => [it.agent_id.slice(prefix.length), it.is_alive]))
const NAMES = (...names: string[]) => names.map((name) => `site.example:agent:${name}`)
const alive = (...names: string[]) => Object.fromEntries(NAMES(...names).map((id) => [id, true]))
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
const WAIT = { timeout: 40_000, interval: 50 }

test('registers what is offered, with what the card says, and renews it', async () => {
  site.offer(site.addAgent('one'), site.addAgent('two'))
  start()
  await expect.poll(states, WAIT).toEqual(alive('one', 'two'))
  const [one] = await listed()
  expect(one).toMatchObject({
    agent_id: `${prefix}site.example:agent:one`,
    ...{ agent_name: 'one', protocol: 'a2a', capabilities: ['echo'], tags: ['text'] },
    ...{ url: `${site.url}/one`, host: '127.0.0.1', has_card: true, ttl_seconds: 2 },
    identifier: 'urn:air:site.example:agent:one',
    card_url: `${site.url}/one/card`,
    metadata: { mirrored_from: `${site.url}/ard.json` },
  })
  // It is alive after its TTL, and has not registered again.
  const expiry = Date.parse(String(one?.expires_at))
  await eventually(async () => Date.parse(String((await listed())[0]?.expires_at))).toBeGreaterThan(
    expiry + 3000,
  )
  expect((await listed())[0]).toMatchObject({ revision: one?.revision, is_alive: true })
})

test.each([
  ['answers 500', { status: 503 }],
  ['lets requests hang', 'hang'],
] as const)('an agent that %s expires, and comes back when it answers', async (_, page) => {
  site.offer(site.addAgent('one'), site.addAgent('two'))
  const { notices } = start()
  await expect.poll(states, WAIT).toEqual(alive('one', 'two'))
  site.set('/one', page)
  await expect.poll(states, WAIT).toEqual({ ...alive('two'), [NAMES('one')[0] ?? '']: false })
  expect(notices).toContainEqual(expect.objectContaining({ type: 'silent' }))
  site.set('/one', { status: 401 })
  await expect.poll(states, WAIT).toEqual(alive('one', 'two'))
  expect(notices).toContainEqual(expect.objectContaining({ type: 'answers' }))
})

test('an entry that is no longer offered is deregistered, at once', async () => {
  const [one, two] = [site.addAgent('one'), site.addAgent('two')]
  site.offer(one, two)
  start('/ard.json', '--ttl', '3600')
  await expect.poll(states, WAIT).toEqual(alive('one', 'two'))
  site.offer(two)
  await expect.poll(states, WAIT).toEqual(alive('two'))
  site.set('/ard.json', { status: 410 })
  await expect.poll(states, WAIT).toEqual({})
  site.offer(one)
  await expect.poll(states, WAIT).toEqual(alive('one'))
})

test.each([
  ['fails', { status: 500 }],
  ['refuses', { status: 403 }],
  ['is not JSON', { body: '{"entries":[' }],
  ['is something else', { body: '[]' }],
  ['has entries that are none', { body: '{"entries":{}}' }],
  ['is not UTF-8', { body: Buffer.from('{"entries":[],"x":"\xff"}', 'latin1') }],
  ['has too many entries', { body: JSON.stringify({ entries: Array(1001).fill({}) }) }],
  ['is huge', { body: JSON.stringify({ entries: [], x: 'x'.repeat(5 * 1024 * 1024) }) }],
] as const)('a manifest that %s leaves everything as it was', async (_, page) => {
  site.offer(site.addAgent('one'))
  const { notices } = start()
  await expect.poll(states, WAIT).toEqual(alive('one'))
  const [before] = await listed()
  site.set('/ard.json', page)
  await eventually(async () => Date.parse(String((await listed())[0]?.expires_at))).toBeGreaterThan(
    Date.parse(String(before?.expires_at)) + 3000,
  )
  expect(await states()).toEqual(alive('one'))
  const problems = notices.filter(({ type }) => type === 'manifest')
  // Reported once, not in each round.
  expect(problems).toHaveLength(1)
  for (const { reason } of problems) expect(reason).toMatch(/; keeping the last one$/)
})

test('SIGTERM deregisters all of its agents and no others; the exit code is 0', async () => {
  site.offer(site.addAgent('one'), site.addAgent('two'))
  await cli.print('register', `${prefix}other`, '--ttl', '3600')
  const { child } = start()
  await expect.poll(states, WAIT).toEqual({ ...alive('one', 'two'), other: true })
  child.kill('SIGTERM')
  expect(await once(child, 'close')).toEqual([0, null])
  expect(await states()).toEqual({ other: true })
})

test('a card that changes is registered again', async () => {
  site.offer(site.addAgent('one'))
  start()
  await expect.poll(states, WAIT).toEqual(alive('one'))
  site.setJson('/one/card', { name: 'Renamed', url: `${site.url}/one`, version: '2' })
  await expect.poll(async () => (await listed())[0]?.version, WAIT).toBe('2')
  // A card that is not there for a moment is not a change.
  site.set('/one/card', { status: 503 })
  const [before] = await listed()
  await eventually(async () => Date.parse(String((await listed())[0]?.expires_at))).toBeGreaterThan(
    Date.parse(String(before?.expires_at)) + 3000,
  )
})

describe('only the origin of the URL is called', () => {
  let other: MirroredSite
  beforeEach(async () => {
    other = await MirroredSite.start()
  })
  afterEach(() => other[Symbol.asyncDispose]())

  test('so cards, endpoints, manifests and redirects elsewhere are not', async () => {
    const cardElsewhere = other.addAgent('card')
    const endpointElsewhere = site.addAgent('endpoint')
    site.setJson('/endpoint/card', { name: 'E', url: `${other.url}/endpoint` })
    const redirected = site.addAgent('redirected')
    site.set('/redirected/card', { to: `${other.url}/card/card` })
    const nested = { type: 'application/ai-catalog+json', url: `${other.url}/ard.json` }
    site.offer(cardElsewhere, endpointElsewhere, redirected, nested, site.addAgent('here'))
    const { code, stdout } = await once_('/ard.json')
    expect(code).toBe(1)
    expect(stdout.match(new RegExp(`--allow-origin ${other.url}`, 'g'))).toHaveLength(4)
    expect(await states()).toEqual(alive('here'))
    expect(other.asked).toEqual([])
  })

  test('unless others are allowed', async () => {
    site.offer(other.addAgent('one'))
    expect((await once_('/ard.json', '--allow-origin', other.url)).code).toBe(0)
    expect(await states()).toEqual(alive('one'))
    other.set('/one/card', { to: '/moved' })
    other.setJson('/moved', { name: 'Moved', url: `${other.url}/one` })
    expect((await once_('/ard.json', '--allow-origin', '*')).code).toBe(0)
    expect((await listed())[0]).toMatchObject({ agent_name: 'Moved' })
  })
})

test('manifests within manifests are read, each once, and cards within them', async () => {
  const page = (...entries: object[]) => ({ specVersion: '1.0', entries })
  const more = (url: string) => ({ type: 'application/ai-catalog+json', url })
  const inline = {
    identifier: 'urn:air:site.example:agent:inline',
    type: 'application/mcp-server-card+json',
    data: {
      ...{ name: 'example.site/inline', version: '1', description: 'Is in the manifest.' },
      remotes: [{ type: 'streamable-http', url: `${site.url}/one` }],
    },
  }
  site.setJson('/ard.json', page(site.addAgent('one'), more('/second.json')))
  site.setJson('/second.json', page(inline, more(`${site.url}/ard.json`)))
  expect(await once_('/ard.json')).toMatchObject({ code: 0 })
  expect(await states()).toEqual(alive('inline', 'one'))
  expect((await listed())[0]).toMatchObject({ protocol: 'mcp', url: `${site.url}/one` })
})

test('a card is mirrored by its URL, with an id that stays', async () => {
  site.addAgent('one')
  expect(await once_('/one/card')).toMatchObject({ code: 0 })
  expect(await once_('/one/card')).toMatchObject({ code: 0 })
  const agents = await listed()
  expect(agents).toHaveLength(1)
  expect(agents[0]).toMatchObject({ agent_name: 'one', card_url: `${site.url}/one/card` })
  expect(agents[0]?.agent_id).toMatch(/^m\d+:127\.0\.0\.1\.\d+:[0-9a-f]{16}$/)
})

test('--dry-run says what would be registered, and registers nothing', async () => {
  site.offer(site.addAgent('one'), { displayName: 'Skill', type: 'application/ai-skill', url: 'x' })
  const { code, stdout } = await cli.run('mirror', `${site.url}/ard.json`, '--dry-run')
  expect(code).toBe(0)
  expect(stdout).toContain(`would register mirror:site.example:agent:one at ${site.url}/one`)
  expect(stdout).toContain('skipped: Skill: its type application/ai-skill is no agent')
  expect(await cli.print('list', '--id', 'mirror:*', '--json')).toBe('[]\n')
})

test('hostile entries are skipped or refused, each with a reason, and harm no other', async () => {
  const a2a = 'application/a2a-agent-card+json'
  const entry = (identifier: unknown, data: unknown) => ({ identifier, type: a2a, data })
  const card = (fields: object) => ({ name: 'N', url: `${site.url}/one`, ...fields })
  const skills = Array.from({ length: 10_000 }, (_, id) => ({ id: `${id}` }))
  const text = JSON.stringify({
    entries: [
      ...[null, [], 'text', {}, { type: a2a }, { type: a2a, url: 'not a url://' }],
      { displayName: '\u001b[31mred', type: '\u001b[0m' },
      entry('urn:air:site.example:x:..', card({})),
      entry(`urn:air:site.example:${'x'.repeat(5000)}`, card({})),
      entry(5, card({ name: '\u001b[31mred' })),
      entry('urn:air:site.example:x:skills', card({ skills })),
      entry('urn:air:site.example:x:file', { name: 'F', url: 'file:///etc/passwd' }),
      entry('urn:air:site.example:x:meta', { name: 'M', url: 'http://169.254.169.254/' }),
      { ...entry('urn:air:site.example:x:lone', card({})), displayName: '\ud800' },
      entry('urn:air:site.example:x:lonecard', card({ description: '\ud800' })),
      {
        ...site.addAgent('one'),
        tags: ['ok', 5, '\u0000', 'x'.repeat(5000), ...Array(100).keys()],
      },
    ],
  })
  // The key is one of the object itself, as an attacker would write it.
  const own = text.replace('{"entries":[', `{"__proto__":{"a":1},"entries":[${nested(100_000)},`)
  site.set('/ard.json', { body: own })
  const { code, stdout } = await once_('/ard.json')
  expect(code).toBe(1)
  expect(stdout).toContain('--allow-origin http://169.254.169.254')
  expect(stdout).toContain('its card names no address over HTTP')
  expect(stdout).not.toContain('\u001b')
  const ids = Object.keys(await states())
  expect(ids).toContain('site.example:agent:one')
  // The identifier that is too long, and the one that is a number.
  expect(ids.filter((id) => /^127\.0\.0\.1\.\d+:[0-9a-f]{16}$/.test(id))).toHaveLength(2)
  for (const { agent_id } of await listed()) expect(agent_id.length).toBeLessThan(256)
})

test('a registry that forgets its agents, or is away, gets them again', async () => {
  site.offer(site.addAgent('one'))
  start()
  await expect.poll(states, WAIT).toEqual(alive('one'))
  await cli.print('deregister', `${prefix}site.example:agent:one`)
  await expect.poll(states, WAIT).toEqual(alive('one'))
})

test.each([
  [['ftp://a.example/x'], /must be a URL/],
  [['http://user:secret@a.example/x'], /must be a URL/],
  [['http://a.example/x', '--interval', '60', '--ttl', '60'], /--interval must be less than --ttl/],
  [['http://a.example/x', '--allow-origin', 'https://a.example/path'], /must be an origin/],
  [['http://a.example/x', '--prefix', 'a b'], /--prefix/],
])('%j is a mistake of the caller', async (args, message) => {
  const { code, stderr } = await cli.run('mirror', ...args)
  expect(code).toBe(2)
  expect(stderr).toMatch(message)
})
