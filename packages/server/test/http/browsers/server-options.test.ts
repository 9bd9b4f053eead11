// The options of a server that are about browsers.
import { AgentRegistryServer } from '@rollcall/server'
import { pino } from 'pino'
import { describe, expect, test } from 'vitest'

test.each([
  ['allowedHosts', 'agents.example:9000'],
  ['allowedHosts', 'https://agents.example'],
  ['allowedHosts', 'agents.*'],
  ['allowedHosts', '*agents.example'],
  ['allowedHosts', ''],
  ['corsOrigins', 'app.example'],
  ['corsOrigins', 'https://app.example/'],
  ['corsOrigins', 'https://app.example:443'],
  ['corsOrigins', 'https://App.example'],
  ['corsOrigins', 'https://*.example'],
  ['corsOrigins', '*'],
  ['corsOrigins', 'null'],
  ['corsOrigins', ''],
])('%s has no "%s"', (option, text) => {
  expect(() => new AgentRegistryServer('memory:', { [option]: [text] })).toThrow(
    expect.objectContaining({
      name: 'TypeError',
      message: expect.stringContaining(`, not "${text}"`),
    }),
  )
})

test.each([
  'https://app.example',
  'http://[::1]:3000',
  'chrome-extension://abcdef',
  'tauri://localhost',
])('%s is an origin', (origin) => {
  expect(() => new AgentRegistryServer('memory:', { corsOrigins: [origin] })).not.toThrow()
})

describe('the page of the public URL', () => {
  const publicUrl = 'https://agents.example/registry'
  const headers = { origin: 'https://agents.example' }

  test('may act, also at another name of the registry', async () => {
    await using server = new AgentRegistryServer('memory:', { publicUrl })
    const app = server.createApp()
    for (const host of ['agents.example', '127.0.0.1:9000']) {
      const sent = { ...headers, host }
      const request = { method: 'POST', url: '/agents/cleanup', headers: sent } as const
      expect((await app.inject(request)).statusCode).toBe(200)
    }
  })

  test('is of another origin without that setting', async () => {
    await using server = new AgentRegistryServer('memory:', { allowedHosts: ['agents.example'] })
    const sent = { ...headers, host: '127.0.0.1:9000' }
    const app = server.createApp()
    const { statusCode } = await app.inject({
      method: 'POST',
      url: '/agents/cleanup',
      headers: sent,
    })
    expect(statusCode).toBe(403)
  })
})

test('the name to listen on is a name of the server', async () => {
  await using server = new AgentRegistryServer('memory:')
  // No name server knows such a name (RFC 6761, 6.4); an operator's name would not be known here either.
  await expect(server.listen({ host: 'agents.invalid', port: 0 })).rejects.toThrow('agents.invalid')
  const statusAt = async (host: string) => {
    const { statusCode } = await server.createApp().inject({ url: '/health', headers: { host } })
    return statusCode
  }
  expect([await statusAt('agents.invalid'), await statusAt('page.invalid')]).toEqual([200, 421])
})

test('each refused host is logged once, and at most twenty', async () => {
  const lines: string[] = []
  const logger = pino({ level: 'warn' }, { write: (line) => void lines.push(line) })
  await using server = new AgentRegistryServer('memory:', { logger })
  const app = server.createApp()
  const send = (host: string) => app.inject({ url: '/agents', headers: { host } })
  for (let n = 0; n < 3; n++) await send('first.example')
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    expect.objectContaining({
      host: 'first.example',
      msg: expect.stringContaining('--allowed-hosts'),
    }),
  ])
  for (let n = 0; n < 50; n++) await send(`${n}.${'x'.repeat(2000)}.example`)
  expect(lines.length).toBe(20)
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(400)
})
