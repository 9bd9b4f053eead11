import { expect } from 'vitest'
import { conformance } from './support/conformance.ts'
import {
  DEREGISTER,
  delayed,
  HEARTBEAT,
  json,
  never,
  problem,
  REGISTER,
} from './support/scripted-registry.ts'

const SUPERSEDED = (response: Parameters<typeof never>[0]): void => {
  response.writeHead(409, { 'content-type': 'application/problem+json' })
  response.end(JSON.stringify({ status: 409, code: 'SUPERSEDED', incarnation: 4 }))
}
/** Longer than five intervals. */
const A_WHILE_MS = 1200
const aWhile = () => new Promise((resolve) => setTimeout(resolve, A_WHILE_MS))

conformance('leaving', (rule) => {
  rule('close deregisters in the name of the instance, and ends the heartbeats', async (stage) => {
    const { registry, join } = stage
    const sdk = await join()
    await sdk.do('close')
    const before = registry.of(HEARTBEAT).length
    await aWhile()

    expect(registry.of(DEREGISTER).map(({ headers }) => headers['rollcall-instance'])).toEqual([
      'run-1',
    ])
    expect(registry.of(HEARTBEAT)).toHaveLength(before)
    expect(registry.exchanges.at(-1)?.method).toBe('DELETE')
    expect(sdk.events).toEqual(['deregistered', 'closed'])
  })

  rule('close is idempotent', async ({ registry, join }) => {
    const sdk = await join()
    await Promise.all([sdk.do('close'), sdk.do('close')])
    await sdk.do('close')

    expect(registry.of(DEREGISTER)).toHaveLength(1)
  })

  rule('close ends although the registry does not answer', async ({ registry, join }) => {
    const sdk = await join()
    registry.scriptAll(DEREGISTER, never)
    await sdk.do('close')

    await expect.poll(() => sdk.log).toContain('could not be deregistered')
  })

  rule('a registration in flight is waited for before the goodbye', async ({ registry, join }) => {
    const sdk = await join()
    registry.script(REGISTER, delayed(700, json({ status: 'ok' })))
    const registering = sdk.do('register').catch(() => undefined)
    await registry.received(REGISTER, 2)
    await sdk.do('close')
    await registering

    const [, registration] = registry.of(REGISTER)
    const [goodbye] = registry.of(DEREGISTER)
    expect(goodbye?.arrivedMs).toBeGreaterThan(registration?.answeredMs ?? Number.POSITIVE_INFINITY)
  })

  rule('an agent that has left stays away until it registers', async ({ registry, join }) => {
    const sdk = await join()
    const wasRegistered = await sdk.do('deregister')
    const before = registry.exchanges.length
    await aWhile()
    expect(wasRegistered).toBe(true)
    expect(registry.exchanges).toHaveLength(before)

    await sdk.do('register')
    await registry.more(HEARTBEAT)
  })

  rule('to deregister an unknown agent is no error', async ({ registry, join }) => {
    const sdk = await join()
    registry.script(DEREGISTER, problem(404, 'AGENT_NOT_FOUND'))

    expect(await sdk.do('deregister')).toBe(false)
  })

  rule('a superseded agent falls silent, and does not say goodbye', async ({ registry, join }) => {
    const sdk = await join()
    registry.script(HEARTBEAT, SUPERSEDED)
    const { incarnation } = await sdk.event('superseded')
    const before = registry.exchanges.length
    await aWhile()
    await sdk.do('close')

    expect(incarnation).toBe(4)
    expect(registry.exchanges).toHaveLength(before)
    expect(sdk.events).toEqual(expect.not.arrayContaining(['deregistered', 'lost']))
    expect(sdk.log).toContain('another instance (incarnation 4) has registered it')
  })

  rule('reports of a superseded agent fail', async ({ registry, join }) => {
    const sdk = await join({ heartbeat_interval_seconds: 30 })
    registry.scriptAll(HEARTBEAT, SUPERSEDED)

    expect(await sdk.failure('set_status', { status: 'busy' })).toMatchObject({
      code: 'SUPERSEDED',
    })
    await sdk.event('superseded')
  })

  rule('a superseded agent takes over again when it registers', async ({ registry, join }) => {
    const sdk = await join()
    registry.script(HEARTBEAT, SUPERSEDED)
    await sdk.event('superseded')
    await sdk.do('register')
    await registry.more(HEARTBEAT, 2)
    await sdk.do('close')

    expect(registry.of(DEREGISTER)).toHaveLength(1)
  })

  rule('a goodbye that another instance has overtaken is no error', async ({ registry, join }) => {
    const sdk = await join()
    registry.script(DEREGISTER, SUPERSEDED)

    expect(await sdk.do('deregister')).toBe(false)
    expect(sdk.events).toContain('superseded')
  })
})
