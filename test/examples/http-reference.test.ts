import { execFile, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import {
  AgentRegistryServer,
  OPERATIONS,
  openApiDocument,
  type Webhook,
  webhookStoreOf,
} from '@rollcall/server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EXAMPLE_WEBHOOK_ID } from '../../packages/server/src/http/openapi/webhook-examples.ts'
import {
  type TokenFileOnDisk,
  tokenFile,
} from '../../packages/server/test/access/support/token-file-on-disk.ts'
import { CURL, PATH_WITH_CURL } from '../curl/curl-path.ts'

const PAGE = readFileSync(new URL('../../docs/http.md', import.meta.url), 'utf8')
const COMMANDS = PAGE.matchAll(/^```sh\n(.*?)\n```$/gms)
  .map(([, command]) => command ?? '')
  .toArray()
const STREAM = /^curl -N /
const TOKEN = 'the-token-with-which-the-examples-are-sent'
const env = { ...process.env, PATH: PATH_WITH_CURL }

/** The one in the examples. Its name is not resolved, so nothing is sent. */
const WEBHOOK: Webhook = {
  id: EXAMPLE_WEBHOOK_ID,
  url: 'https://hooks.invalid',
  filter: {},
  secret: `whsec_${'A'.repeat(32)}`,
  isEnabled: false,
  version: 1,
  position: 'a:0',
  deliveredAtMs: null,
  failure: null,
  createdAtMs: 1,
  createdBy: 'alice',
}

/** Returns the text below a heading, up to the next one. */
function section(heading: string): string {
  const from = PAGE.indexOf(`\n${heading}\n`)
  expect(from, heading).toBeGreaterThan(0)
  const rest = PAGE.slice(from + heading.length + 2)
  return rest.slice(0, /^#/m.exec(rest)?.index)
}

describe(`the command lines of docs/http.md, run with ${CURL}`, () => {
  let server: AgentRegistryServer
  let file: TokenFileOnDisk
  let url: string
  beforeAll(async () => {
    file = await tokenFile(`alice admin * ${TOKEN}`)
    server = new AgentRegistryServer('memory:', { tokenFile: file.path })
    url = await server.listen({ port: 0 })
  })
  afterAll(async () => {
    await server.close()
    await file[Symbol.asyncDispose]()
  })

  /** Commands about the example agent as an MCP server, by its own identifier. */
  const ABOUT_SERVER = /server-card|\/v0\.1\/servers\/|\/ard\/agents\/urn/
  async function registerServer(): Promise<void> {
    const agent = { agent_id: 'researcher-1', agent_name: 'R', host: 'h', port: 1, protocol: 'mcp' }
    const identifier = 'urn:air:example.com:agent:researcher-1'
    const response = await fetch(`${url}/agents/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}` },
      body: JSON.stringify({ ...agent, identifier }),
    })
    expect(response.status).toBe(200)
  }

  test('cover each operation and the stream', () => {
    expect(COMMANDS.filter((command) => !STREAM.test(command))).toHaveLength(
      Object.keys(OPERATIONS).length,
    )
    expect(COMMANDS.filter((command) => STREAM.test(command))).toHaveLength(1)
  })

  test.each(COMMANDS.filter((command) => !STREAM.test(command)))(
    'work in order: %s',
    async (command) => {
      if (ABOUT_SERVER.test(command)) await registerServer()
      // One of the commands deletes it.
      await webhookStoreOf(server.repository ?? {})?.create(WEBHOOK)
      const line = command
        .replace('http://localhost:9000', url)
        .replace(
          /^curl/,
          `curl -sS -o /dev/null -w %{http_code} -H 'Authorization: Bearer ${TOKEN}'`,
        )
      expect((await promisify(execFile)('sh', ['-c', line], { env })).stdout).toBe('200')
    },
  )

  test('open a stream that begins with the existing agents', async () => {
    const command = COMMANDS.find((each) => STREAM.test(each))?.replace(
      'http://localhost:9000',
      url,
    )
    const child = spawn('sh', ['-c', `exec ${command}`], {
      env,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    let text = ''
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      text += part
    })
    await expect.poll(() => text).toContain('event: synced')
    child.kill()
  })
})

describe('docs/http.md', () => {
  test.each(Object.values(OPERATIONS))(
    'has a section on $method $path',
    ({ method, path, query, params, body }) => {
      const text = section(`### \`${method} ${path}\``)
      expect(text).toContain('**Response** `200`: ')
      if (body) expect(text).toMatch(/^\*\*Body\*\* \((required|optional)\): \[\w+\]\(#\w+\)/m)
      const known = `${text}${text.includes('(#filters)') ? section('## Filters') : ''}`
      for (const name of Object.keys({ ...params, ...query }))
        expect(known).toContain(`| \`${name}\` |`)
    },
  )

  const { schemas } = openApiDocument('').components
  test.each(Object.entries(schemas))('lists every field of %s', (name, schema) => {
    const text = section(`### ${name}`)
    const base = /^Has all fields of \[(\w+)\]/m.exec(text)?.[1]
    const known = `${text}${base ? section(`### ${base}`) : ''}`
    const { properties = {} } = Object.assign({ properties: {} }, schema)
    expect(Object.keys(properties).length).toBeGreaterThan(0)
    for (const field of Object.keys(properties)) expect(known).toContain(`\`${field}\``)
  })

  test('has no broken link into itself', () => {
    const anchors = PAGE.matchAll(/^#+ (.*)$/gm).map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    )
    const known = new Set(anchors)
    const links = PAGE.matchAll(/\]\(#([^)]+)\)/g)
      .map(([, anchor]) => anchor ?? '')
      .toArray()
    expect(links.length).toBeGreaterThan(50)
    expect(links.filter((anchor) => !known.has(anchor))).toEqual([])
  })
})
