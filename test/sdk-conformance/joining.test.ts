import { expect } from 'vitest'
import { AGENT, conformance } from './support/conformance.ts'
import { HEARTBEAT, page, problem, REGISTER } from './support/scripted-registry.ts'

const UNAVAILABLE = problem(503, 'STORAGE_UNAVAILABLE')

conformance('joining', (rule) => {
  rule('an agent registers what it was given', async ({ registry, join }) => {
    await join({
      ttl_seconds: 30,
      capabilities: ['search'],
      metadata: { region: 'eu-1' },
      load: 0.5,
    })

    expect(registry.exchanges).toHaveLength(1)
    const { method, path, body } = registry.exchanges[0] ?? {}
    expect(`${method} ${path}`).toBe(REGISTER)
    const given = {
      ttl_seconds: 30,
      capabilities: ['search'],
      metadata: { region: 'eu-1' },
      load: 0.5,
    }
    expect(body).toEqual({ ...AGENT, ...given })
  })

  rule('the environment provides host, port, token and instance', async ({ registry, start }) => {
    const environment = {
      AGENT_HOST: 'agents.example',
      POD_IP: '10.0.0.9',
      AGENT_PORT: '8123',
      AGENT_INSTANCE_ID: 'run-7',
      ROLLCALL_TOKEN: 'secret',
    }
    await start(environment).do('join', { agent_id: 'a-1', agent_name: 'A' })

    const [registration] = registry.of(REGISTER)
    expect(registration?.body).toMatchObject({
      host: 'agents.example',
      port: 8123,
      instance_id: 'run-7',
      ttl_seconds: 60,
    })
    expect(registration?.headers.authorization).toBe('Bearer secret')
  })

  rule('the address of the pod is the host where AGENT_HOST is not set', async (stage) => {
    const { registry, start } = stage
    await start({ POD_IP: '10.0.0.9' }).do('join', { agent_id: 'a-1', agent_name: 'A' })

    expect(registry.of(REGISTER)[0]?.body).toMatchObject({ host: '10.0.0.9', port: 8000 })
  })

  rule('credentials in the URL are sent as basic authentication', async ({ registry, start }) => {
    const url = registry.url.replace('//', '//me:p%40ss@')
    await start({ REGISTRY_URL: url }).do('join', AGENT)

    const basic = `Basic ${btoa('me:p@ss')}`
    expect(registry.of(REGISTER)[0]?.headers.authorization).toBe(basic)
  })

  rule('join retries while the registry is unavailable, and obeys Retry-After', async (stage) => {
    const { registry, join } = stage
    registry.script(REGISTER, problem(503, 'OVERLOADED', { 'retry-after': '1' }), UNAVAILABLE)
    await join()

    const [first, second] = await registry.received(REGISTER, 3)
    expect((second?.arrivedMs ?? 0) - (first?.answeredMs ?? 0)).toBeGreaterThanOrEqual(990)
  })

  rule('join gives up after its timeout, and says what to do', async ({ registry, start }) => {
    registry.scriptAll(REGISTER, UNAVAILABLE)
    const sdk = start()
    const error = await sdk.failure('join', { ...AGENT, join_timeout_seconds: 3 })

    expect(error).toMatchObject({ kind: 'api', code: 'STORAGE_UNAVAILABLE' })
    expect(error.message).toMatch(/Gave up after \d+ s\. Start a registry with .*REGISTRY_URL/)
    expect(registry.of(REGISTER).length).toBeGreaterThan(1)
  })

  rule('join does not repeat what the registry rejects', async ({ registry, start }) => {
    registry.scriptAll(REGISTER, problem(422, 'VALIDATION_FAILED'))
    const error = await start().failure('join', AGENT)

    expect(error).toMatchObject({ kind: 'api', code: 'VALIDATION_FAILED' })
    expect(registry.exchanges).toHaveLength(1)
  })

  rule('join fails at once at a server that is no registry', async ({ registry, start }) => {
    registry.scriptAll(REGISTER, page(404))
    const error = await start().failure('join', AGENT)

    expect(error).toMatchObject({ kind: 'api', code: 'UNKNOWN' })
    expect(error.message).toContain('Is that a Rollcall registry?')
    expect(registry.exchanges).toHaveLength(1)
  })

  rule('an agent registers without its instance at an older registry', async (stage) => {
    const { registry, join } = stage
    const unknownField = { pointer: '/instance_id', message: 'unknown field' }
    registry.script(REGISTER, (response) => {
      response.writeHead(422, { 'content-type': 'application/problem+json' })
      response.end(JSON.stringify({ code: 'VALIDATION_FAILED', errors: [unknownField] }))
    })
    await join({ heartbeat_interval_seconds: 0.2 })
    const [heartbeat] = await registry.received(HEARTBEAT, 1)

    expect(heartbeat?.headers['rollcall-instance']).toBeUndefined()
    const [, { body } = { body: undefined }] = registry.of(REGISTER)
    expect(body).toEqual({ ...AGENT, instance_id: undefined, ttl_seconds: 60 })
  })

  rule('the agent joins through the next address while one is away', async (stage) => {
    const { registry, start, anotherRegistry } = stage
    const away = await anotherRegistry()
    const url = `${away.url}, ${registry.url}`
    await away[Symbol.asyncDispose]()
    await start({ REGISTRY_URL: url }).do('join', { ...AGENT, join_timeout_seconds: 0 })

    expect(registry.of(REGISTER)).toHaveLength(1)
  })

  rule('an invalid option is rejected without a request', async ({ registry, start }) => {
    const sdk = start()
    for (const wrong of [
      { agent_id: 'a b' },
      { port: 0 },
      { capabilities: 'search' },
      { load: 2 },
    ]) {
      const [name = ''] = Object.keys(wrong)
      const error = await sdk.failure('join', { ...AGENT, ...wrong })
      expect(error.kind).toBe('usage')
      expect(error.message.replaceAll('_', '').toLowerCase()).toContain(name.replace('_', ''))
    }
    expect(registry.exchanges).toEqual([])
  })
})
