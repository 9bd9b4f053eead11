import { expect, test } from 'vitest'
import { AgentRegistryServer } from '../../src/index.ts'

const BROWSER = { accept: 'text/html' }

test('the page and its files need no token, everything else at the same path does', async () => {
  await using server = new AgentRegistryServer('memory:')
  const app = server.createApp()
  const payload = { name: 'alice', scope: 'admin' }
  expect((await app.inject({ method: 'POST', url: '/tokens', payload })).statusCode).toBe(200)
  // Like others than this machine.
  const statusOf = async (url: string, headers = {}) =>
    (await app.inject({ url, headers, remoteAddress: '192.0.2.1' })).statusCode
  const { body } = await app.inject({ url: '/', headers: BROWSER })
  const [, file = ''] = /src="\.(\/dashboard\/[^"]+)"/.exec(body) ?? []
  const wrong = { authorization: 'Bearer wrong' }
  for (const headers of [BROWSER, { ...BROWSER, ...wrong }]) {
    expect([await statusOf('/', headers), await statusOf(file, headers)]).toEqual([200, 200])
  }
  for (const url of ['/', '/agents', '/whoami', '/metrics', '/docs']) {
    expect([url, await statusOf(url, wrong)]).toEqual([url, 401])
  }
  expect(await statusOf('/agents', { ...BROWSER, ...wrong })).toBe(401)
})
