import { execFile, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { OPERATIONS, openApiDocument } from '@rollcall/server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CURL, PATH_WITH_CURL } from '../curl/curl-path.ts'
import { ExampleRegistry } from './example-registry.ts'

const PAGE = readFileSync(new URL('../../docs/http.md', import.meta.url), 'utf8')
const COMMANDS = PAGE.matchAll(/^```sh\n(.*?)\n```$/gms)
  .map(([, command]) => command ?? '')
  .toArray()
const STREAM = /^curl -N /
const env = { ...process.env, PATH: PATH_WITH_CURL }

/** Returns the text below a heading, up to the next one. */
function section(heading: string): string {
  const from = PAGE.indexOf(`\n${heading}\n`)
  expect(from, heading).toBeGreaterThan(0)
  const rest = PAGE.slice(from + heading.length + 2)
  return rest.slice(0, /^#/m.exec(rest)?.index)
}

describe(`the command lines of docs/http.md, run with ${CURL}`, () => {
  let registry: ExampleRegistry
  let url: string
  beforeAll(async () => {
    registry = await ExampleRegistry.start()
    url = registry.url
  })
  afterAll(() => registry[Symbol.asyncDispose]())

  test('cover each operation and the stream', () => {
    expect(COMMANDS.filter((command) => !STREAM.test(command))).toHaveLength(
      Object.keys(OPERATIONS).length,
    )
    expect(COMMANDS.filter((command) => STREAM.test(command))).toHaveLength(1)
  })

  test.each(COMMANDS.filter((command) => !STREAM.test(command)))(
    'work in order: %s',
    async (command) => {
      await registry.prepareFor(command)
      const line = command
        .replace('http://localhost:9000', url)
        .replace(
          /^curl/,
          `curl -sS -o /dev/null -w %{http_code} -H 'Authorization: ${registry.authorization}'`,
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
