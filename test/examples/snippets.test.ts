import { globSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { RegistryProcess } from '../e2e/support/registry-process.ts'
import { TemporaryFolder } from '../e2e/support/temporary-folder.ts'
import { eventually } from '../http/support/eventually.ts'
import { freePort } from '../postgres/support/free-port.ts'
import { ExampleProcess, NODE } from './example-process.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const read = (page: string) => readFileSync(`${ROOT}${page}`, 'utf8')

/** Returns the first code block below a heading of a page. */
function below(page: string, heading: string): string {
  const text = read(page)
  const block = /^```(?:js|python).*?\n(.*?)^```$/ms.exec(
    text.slice(text.indexOf(`\n${heading}\n`)),
  )?.[1]
  if (!text.includes(`\n${heading}\n`) || !block)
    throw new Error(`${page} has no code below ${heading}`)
  return block
}

let folder: TemporaryFolder
let registry: RegistryProcess

beforeAll(async () => {
  folder = new TemporaryFolder()
  symlinkSync(`${ROOT}node_modules`, folder.file('node_modules'))
  registry = await RegistryProcess.start({ cwd: folder.path, db: 'memory:' })
})

afterAll(async () => {
  await registry?.[Symbol.asyncDispose]()
  folder?.[Symbol.dispose]()
})

/** Runs a snippet as a reader who saved it as a file would, on free ports. */
async function run(name: string, code: string): Promise<ExampleProcess> {
  const port = String(await freePort())
  // Heartbeats are sent every third of the TTL: too rarely with a TTL of a minute for a test.
  const onFreePorts = code
    .replaceAll('9000', port)
    .replaceAll(/\b8000\b(?! *\))/g, '8000, ttlSeconds: 2')
  writeFileSync(folder.file(name), onFreePorts.replaceAll('8000', port))
  const env = { REGISTRY_URL: registry.url }
  return new ExampleProcess([NODE, folder.file(name)], env, folder.path)
}

const agent = async (id: string) =>
  await registry.http.get<{ last_heartbeat: string }>(`/agents/${id}`)

describe.concurrent('an agent from the documentation', () => {
  test.each([
    { page: 'README.md', heading: '## TypeScript client', ids: ['researcher-1'] },
    { page: 'docs/guides/client.md', heading: '### CPU-bound agents', ids: ['solver-1'] },
    {
      page: 'docs/guides/client.md',
      heading: '### Multiple agents in one process',
      ids: ['ada', 'grace', 'barbara'],
    },
  ])(
    '$page, $heading: stays registered until SIGTERM, and deregisters',
    async ({ page, heading, ids }) => {
      await using example = await run(`${ids[0]}.mjs`, below(page, heading))
      await example.says(/registered at http/)

      await Promise.all(
        ids.map(async (id) => {
          const { status, body } = await agent(id)
          expect(status).toBe(200)
          const { last_heartbeat: registered } = body
          await eventually(async () => (await agent(id)).body.last_heartbeat).not.toBe(registered)
        }),
      )

      example.signal('SIGTERM')
      expect(await example.exit, example.output).toEqual({ code: 0, signal: null })
      for (const id of ids) expect((await agent(id)).status).toBe(404)
    },
  )
})

test.each([
  ['docs/guides/client.md', '## TypeScript client'],
  ['docs/guides/python-client.md', '## Python client'],
])('%s begins with the snippet of the README', (guide, heading) => {
  expect(below(guide, '## Join the registry')).toBe(below('README.md', heading))
})

test('the registry of the README serves until SIGTERM', async () => {
  await using example = await run('server.mjs', below('README.md', '## Embedded server'))
  const [, url = ''] = await example.says(/listens on (http:\S+)/)

  expect(await (await fetch(`${url}/health`)).json()).toMatchObject({ status: 'healthy' })

  example.signal('SIGTERM')
  expect(await example.exit, example.output).toEqual({ code: 0, signal: null })
})

describe('a program from the documentation that looks for agents', () => {
  const register = (agent_id: string) =>
    registry.http.send('POST', '/agents/register', {
      agent_id,
      agent_name: 'Researcher',
      host: '10.0.0.7',
      port: 8000,
      capabilities: ['search'],
    })

  test('picks one from its view, and exits', async () => {
    await register('found')
    await using example = await run('view.mjs', below('docs/guides/client.md', '### Live views'))

    expect(await example.exit, example.output).toEqual({ code: 0, signal: null })
    expect(example.output).toBe('http://10.0.0.7:8000\n')
  })

  test('finds them, and follows changes', async () => {
    await register('found')
    await using example = await run('find.mjs', below('docs/guides/client.md', '## Find agents'))
    await example.says(/found at http:\/\/10\.0\.0\.7:8000/)
    await example.says(/synced/)
    const before = example.output.length

    await registry.http.send('DELETE', '/agents/found')
    await example.says(/^deregistered$/m, before)
  })
})

test('no snippet of the documentation needs a newer Node than the packages', () => {
  const pages = ['README.md', ...globSync('{docs/guides,examples/*}/*.md', { cwd: ROOT })]
  const needy = pages.filter((page) => {
    const blocks = read(page).matchAll(/^```(?:js|ts).*?\n(.*?)^```$/gms)
    // `await using` came with Node 24.
    return blocks.some(([, code]) => /\busing\s+\w+\s*=/.test(code ?? ''))
  })
  expect(pages.map((page) => basename(page))).toContain('client.md')
  expect(needy).toEqual([])
})
