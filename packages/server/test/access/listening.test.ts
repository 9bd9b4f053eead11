// Off loopback, a registry needs access control, or an operator who insists.
import { createServer } from 'node:net'
import type { Health } from '@rollcall/protocol'
import { AgentRegistryServer, ConfigurationError } from '@rollcall/server'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { ServerAccess } from '../../src/access/server-access.ts'
import { guardedRegistry, TOKENS } from './support/guarded-registry.ts'
import { tokenFile } from './support/token-file-on-disk.ts'

/** To the registry, any name but `localhost` may be reached by others; this one is 127.0.0.1. */
const ELSEWHERE = { host: '127.1', port: 0 }

const QUIET = { reloaded: () => undefined, succeeded: () => undefined, failed: () => undefined }

/** Returns the mode that `/health` reports. */
async function modeAt(url: string): Promise<unknown> {
  const response = await fetch(`${url}/health`)
  return ((await response.json()) as Health).access
}

test('a registry without access control refuses to listen on other addresses, and says how to go on', async () => {
  await using server = new AgentRegistryServer('memory:')
  const refusal = await server.listen(ELSEWHERE).catch((error: unknown) => error)
  expect(refusal).toBeInstanceOf(ConfigurationError)
  for (const way of [
    'rollcall token create --db',
    '--token-file',
    '--host 127.0.0.1',
    '--insecure',
  ]) {
    expect(String(refusal)).toContain(way)
  }
})

test('it listens on loopback as ever, and says so', async () => {
  await using server = new AgentRegistryServer('memory:')
  expect(await modeAt(await server.listen({ port: 0 }))).toBe('open')
})

test('an insecure one is loud about it', async () => {
  const lines: string[] = []
  const logger = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) })
  await using server = new AgentRegistryServer('memory:', { insecure: true, logger })
  expect(await modeAt(await server.listen(ELSEWHERE))).toBe('insecure')
  expect(lines.join('')).toContain('INSECURE')
})

test.each([{ tokens: true }, { anonymous: 'read' }, { anonymous: 'none' }] as const)(
  'one with %j is not refused',
  async ({ tokens, ...options }: { tokens?: true; anonymous?: 'read' | 'none' }) => {
    await using file = await tokenFile(`ops admin * ${TOKENS.admin}`)
    await using server = new AgentRegistryServer('memory:', {
      ...options,
      tokenFile: tokens && file.path,
    })
    const url = await server.listen(ELSEWHERE)
    const readable = 'anonymous' in options && options.anonymous === 'read'
    expect((await fetch(`${url}/agents`)).status).toBe(readable ? 200 : 401)
  },
)

test.each([
  ['0.0.0.0', 'insecure'],
  ['::', 'insecure'],
  ['127.0.0.1', 'open'],
  ['::1', 'open'],
])('an application whose own server listens on %s has a registry that is %s', (address, mode) => {
  const reporter = { tokenFile: QUIET, jwt: { file: QUIET, download: QUIET } }
  const access = new ServerAccess({}, { isPublic: false, reporter })
  const server = access.watch(createServer())
  server.address = () => ({ address, family: 'IPv4', port: 9000 })
  server.emit('listening')
  expect(access.control.mode).toBe(mode)
})

test('anonymous callers may read on loopback, unless the operator says otherwise', async () => {
  await using open = await guardedRegistry({ anonymous: undefined })
  expect((await open.send('GET', '/agents')).status).toBe(200)
  expect((await open.send('POST', '/agents/cleanup')).status).toBe(401)
  await using closed = await guardedRegistry({ anonymous: 'none' })
  expect((await closed.send('GET', '/agents')).status).toBe(401)
})

test('a registry with a public URL is read only by those it knows', async () => {
  await using registry = await guardedRegistry({
    anonymous: undefined,
    publicUrl: 'https://agents.example',
  })
  expect((await registry.send('GET', '/agents')).status).toBe(401)
})

test('a token file that cannot be used prevents the start', async () => {
  await using file = await tokenFile('ops admin')
  await using server = new AgentRegistryServer('memory:', { tokenFile: file.path })
  await expect(server.listen({ port: 0 })).rejects.toThrow(`${file.path} cannot be used: line 1`)
})
