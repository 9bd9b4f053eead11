import { expect, test } from 'vitest'
import { AgentRegistryServer } from '../../src/index.ts'

const headers = { accept: 'text/html' }

test('without the dashboard, browsers get what everyone gets, and no file of it', async () => {
  await using server = new AgentRegistryServer('memory:', { dashboard: false })
  const app = server.createApp()
  const root = await app.inject({ url: '/', headers })
  expect(root.headers['content-type']).toMatch(/^application\/json/)
  expect(root.headers.vary).toBeUndefined()

  await using withPage = new AgentRegistryServer('memory:')
  const { body } = await withPage.createApp().inject({ url: '/', headers })
  const [, script = ''] = /src="\.(\/dashboard\/[^"]+)"/.exec(body) ?? []
  expect((await withPage.createApp().inject(script)).statusCode).toBe(200)
  expect((await app.inject(script)).statusCode).toBe(404)
})

test('a response for pages of other origins depends on both headers', async () => {
  await using server = new AgentRegistryServer('memory:', { corsOrigins: ['https://app.example'] })
  const { headers: received } = await server.createApp().inject({ url: '/', headers })
  expect(received.vary).toBe('Origin, Accept')
})
