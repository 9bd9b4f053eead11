// Where a token that a client sends could leave a trace.
import { execFileSync } from 'node:child_process'
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { rawExchange } from '../http/support/raw-connection.ts'
import { type FreshStore, freshStore } from '../stores/fresh-store.ts'
import { registration } from './support/http-client.ts'
import { RegistryProcess } from './support/registry-process.ts'
import { runRollcall } from './support/rollcall-command.ts'

const IN_FILE = 'the-token-of-the-operators-in-a-file'
let store: FreshStore
let registry: RegistryProcess
/** One of the store, one of the file, and one that the registry does not know. */
let tokens: readonly string[]

beforeAll(async () => {
  store = await freshStore('sqlite')
  const create = ['token', 'create', '--db', store.url, '--name', 'alice', '--scope', 'admin']
  const { stdout } = await runRollcall(create, { cwd: store.folder })
  tokens = [stdout.trim(), IN_FILE, 'rct_0123456789ab_a-token-that-nobody-has-created-ever']
  writeFileSync(`${store.folder}/tokens`, `ops admin * ${IN_FILE}\n`)
  const args = ['--token-file', 'tokens', '--anonymous', 'none', '--log-level', 'trace']
  registry = await RegistryProcess.start({ cwd: store.folder, db: store.url, args })
})
afterAll(async () => {
  await registry?.[Symbol.asyncDispose]()
  await store?.[Symbol.asyncDispose]()
})

/** The part of a token that is secret. */
const secretOf = (token: string) => token.slice(-30)

/** Sends a token in every place of a request that is for one, or that people take for it. */
async function use(token: string): Promise<string[]> {
  const bearer = `Authorization: Bearer ${token}`
  const basic = (text: string) => `Authorization: Basic ${Buffer.from(text).toString('base64')}`
  const body = JSON.stringify(registration('a'))
  const post = `Content-Type: application/json\r\nContent-Length: ${body.length}`
  const requests = [
    `GET /agents HTTP/1.1\r\nHost: localhost\r\n${bearer}\r\n\r\n`,
    `GET /agents HTTP/1.1\r\nHost: localhost\r\n${basic(`alice:${token}`)}\r\n\r\n`,
    `GET /agents HTTP/1.1\r\nHost: localhost\r\n${basic(`${token}:alice`)}\r\n\r\n`,
    `GET /agents HTTP/1.1\r\nHost: localhost\r\n${bearer}\r\n${bearer}\r\n\r\n`,
    `GET /agents HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${token}\r\n\r\n`,
    `GET /agents?access_token=${token} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
    `GET /agents?q=x&token=${token} HTTP/1.1\r\nHost: localhost\r\n${bearer}\r\n\r\n`,
    `GET http://alice:${token}@localhost/agents HTTP/1.1\r\nHost: localhost\r\n\r\n`,
    `GET /agents/unknown HTTP/1.1\r\nHost: localhost\r\n${bearer}\r\n\r\n`,
    `GET /nowhere HTTP/1.1\r\nHost: localhost\r\n${bearer}\r\n\r\n`,
    `GET /health HTTP/1.1\r\nHost: evil.example\r\n${bearer}\r\n\r\n`,
    `GET /health HTTP/1.1\r\nHost: localhost\r\nCookie: token=${token}\r\n\r\n`,
    `GET /health HTTP/1.1\r\nHost: localhost\r\n${bearer}\r\nTransfer-Encoding: x\r\n\r\n`,
    `POST /agents/cleanup HTTP/1.1\r\nHost: localhost\r\nOrigin: http://x\r\n${bearer}\r\n\r\n`,
    `POST /agents/register HTTP/1.1\r\nHost: localhost\r\n${bearer}\r\n${post}\r\n\r\n${body}`,
    `POST /agents/a/heartbeat HTTP/1.1\r\nHost: localhost\r\n${bearer}\r\n\r\n`,
    `POST /agents/a/heartbeat HTTP/1.1\r\nHost: localhost\r\n${bearer}\r\n${post}\r\n\r\n${body}`,
    `DELETE /agents/a HTTP/1.1\r\nHost: localhost\r\n${bearer}\r\n\r\n`,
  ]
  const responses: string[] = []
  for (const request of requests) {
    const { headerLines, body: sent } = await rawExchange(registry.url, request)
    responses.push([...headerLines, String(sent)].join('\n'))
  }
  return responses
}

test('no token is in a response, in the log, in the arguments, or in what the registry shows', async () => {
  const responses: string[] = []
  for (const token of tokens) responses.push(...(await use(token)))
  const headers = { authorization: `Bearer ${IN_FILE}` }
  const pages = ['/metrics', '/openapi.json', '/docs/', '/docs/json', '/health', '/', '/tokens']
  for (const path of [...pages, '/events', '/agents?include_dead=true', '/maintenance']) {
    const response = await fetch(registry.url + path, { headers })
    expect(response.status, path).toBe(200)
    responses.push(await response.text())
  }
  const list = ['-ww', '-o', 'args=', '-p', String(registry.pid)]
  const processes = execFileSync('ps', list, { encoding: 'utf8' })
  await registry.stop()
  const traces = { responses: responses.join('\n'), log: registry.output, processes }
  expect(traces.processes).toContain('--token-file tokens')
  expect(traces.log).toContain('"path":"/agents/a/heartbeat"')
  for (const token of tokens) {
    for (const [where, text] of Object.entries(traces)) {
      expect(text.includes(secretOf(token)), `${where} of ${token.slice(0, 12)}`).toBe(false)
    }
  }
})

test('no token is in the files of the store', () => {
  const files = globSync(`${store.folder}/**/*.db*`)
  expect(files.length).toBeGreaterThan(0)
  for (const file of files) {
    for (const token of tokens) expect(readFileSync(file).includes(secretOf(token))).toBe(false)
  }
})
