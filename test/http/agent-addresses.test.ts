// The host and URL of an agent: values that no client could connect to are rejected.
import { describe, expect, test } from 'vitest'
import { expectPointers } from './support/problem-expectation.ts'
import { useRegistry } from './support/registry-under-test.ts'
import { agentIn } from './support/response.ts'

const registry = useRegistry()

const register = (fields: Record<string, unknown>) =>
  registry.post('/agents/register', { json: registry.registration(fields) })

describe('a host that cannot be part of a URL is rejected', () => {
  test.each([
    ...['10.0.0.9:7000', '[::1', '[]', 'http:host', '%', ' ', 'a b', '<b>', '999.999.1.1'],
    ...['fe80::1%eth0', '127.1', '{{host}}', 'a@b', 'a..b'],
  ])('%j', async (host) => {
    expectPointers(await register({ host }), '/host')
    // A valid `url` does not make the host valid.
    expectPointers(await register({ host, url: 'http://10.0.0.9:7000' }), '/host')
  })
})

describe('a URL that no client can parse is rejected', () => {
  test.each([
    ...['https://x:99999', 'http://[', 'http:///x', 'http://a:0', 'http://999.1.1.1/', 'host:80'],
    ...['http://{{host}}/', 'grpc://a:99999', 'http://[fe80::1%25eth0]/'],
  ])('%j', async (url) => {
    expectPointers(await register({ url }), '/url')
  })
})

describe('a URL that a browser would execute, or read from the local machine, is rejected', () => {
  test.each([
    ...['javascript://x/%0aalert(1)', 'JavaScript://x:80/', 'vbscript://x/', 'data://x/,y'],
    ...['file:///etc/passwd', 'FILE://host/share', 'blob://x/y', 'about://blank'],
  ])('%j', async (url) => {
    expectPointers(await register({ url }), '/url')
  })

  test.each([
    'grpc://a:50051',
    'ws://a:80/',
    'unix:///run/a.sock',
    'mcp+tcp://a:1',
    'filebeat://a',
  ])('any other scheme is kept: %s', async (url) => {
    expect(agentIn(await register({ url }))).toMatchObject({ url })
  })
})

describe('a host that can be part of a URL is returned unchanged', () => {
  test.each([
    ['2001:db8::7', 'http://[2001:db8::7]:8000'],
    ['[2001:db8::7]', 'http://[2001:db8::7]:8000'],
    ['researcher', 'http://researcher:8000'],
    ['my_agent', 'http://my_agent:8000'],
    ['bücher.example', 'http://xn--bcher-kva.example:8000'],
  ])('%s has the URL %s', async (host, url) => {
    const agent = agentIn(await register({ host }))
    expect(agent).toMatchObject({ host, url })
    const again = agentIn(await registry.post('/agents/register', { json: agent }))
    expect(again.revision).toBe(agent.revision)
  })

  test('a URL is returned unchanged', async () => {
    const url = 'unix:///run/agent.sock'
    expect(agentIn(await register({ url }))).toMatchObject({ url })
  })
})
