import { expect } from 'vitest'
import { conformance } from './support/conformance.ts'
import { HEARTBEAT, json, problem, REGISTER, reset } from './support/scripted-registry.ts'

/** The reports that heartbeats have carried, of all that have arrived. */
const reports = (exchanges: readonly { readonly body: unknown }[]) =>
  exchanges.flatMap(({ body }) => body ?? [])

conformance('reports', (rule) => {
  rule('a status is sent at once, and once', async ({ registry, join }) => {
    const sdk = await join()
    await sdk.do('set_status', { status: 'busy' })
    expect(registry.of(HEARTBEAT).at(-1)?.body).toEqual({ status: 'busy' })
    await registry.more(HEARTBEAT, 2)

    expect(reports(registry.of(HEARTBEAT))).toEqual([{ status: 'busy' }])
  })

  rule('a status is repeated until it has arrived', async ({ registry, join }) => {
    const sdk = await join()
    registry.script(HEARTBEAT, reset, reset, problem(503, 'STORAGE_UNAVAILABLE'))
    await sdk.do('set_status', { status: 'draining' })

    const sent = reports(registry.of(HEARTBEAT))
    expect(sent.length).toBeGreaterThan(1)
    expect(new Set(sent.map((report) => JSON.stringify(report)))).toEqual(
      new Set(['{"status":"draining"}']),
    )
    const before = sent.length
    await registry.more(HEARTBEAT, 2)
    expect(reports(registry.of(HEARTBEAT))).toHaveLength(before)
  })

  rule('a timeout ends the wait for a status, not its delivery', async ({ registry, join }) => {
    const sdk = await join()
    registry.scriptAll(HEARTBEAT, reset)
    const error = await sdk.failure('set_status', { status: 'busy', timeout_seconds: 0.5 })
    registry.succeed(HEARTBEAT)
    await sdk.event('recovered')

    expect(error.kind).toBe('timeout')
    expect(registry.of(HEARTBEAT).at(-1)?.body).toEqual({ status: 'busy' })
  })

  rule('a report that the registry rejects is dropped', async ({ registry, join }) => {
    const sdk = await join()
    registry.script(HEARTBEAT, problem(422, 'VALIDATION_FAILED'))
    const error = await sdk.failure('set_status', { status: 'busy' })
    const before = reports(registry.of(HEARTBEAT)).length
    await registry.more(HEARTBEAT, 2)

    expect(error).toMatchObject({ kind: 'api', code: 'VALIDATION_FAILED' })
    expect(reports(registry.of(HEARTBEAT))).toHaveLength(before)
  })

  rule('a heartbeat is one attempt, and its report is not lost', async ({ registry, join }) => {
    const sdk = await join({ heartbeat_interval_seconds: 2 })
    registry.script(HEARTBEAT, reset)
    const error = await sdk.failure('heartbeat', { load: 0.75 })
    const [, next] = await registry.received(HEARTBEAT, 2)

    expect(error.kind).toBe('network')
    expect(next?.body).toEqual({ load: 0.75 })
  })

  rule('a lost agent registers with what it has reported', async ({ registry, join }) => {
    const sdk = await join({ status: 'ready' })
    await sdk.do('set_status', { status: 'busy' })
    await sdk.do('heartbeat', { load: 0.25 })
    registry.script(HEARTBEAT, problem(404, 'AGENT_NOT_FOUND'))
    await sdk.event('reregistered')

    expect(registry.of(REGISTER)[1]?.body).toMatchObject({ status: 'busy', load: 0.25 })
  })

  rule('an agent that is lost as it reports registers again at once', async (stage) => {
    const { registry, join } = stage
    const sdk = await join({ ttl_seconds: 60, heartbeat_interval_seconds: 30 })
    registry.script(HEARTBEAT, problem(404, 'AGENT_NOT_FOUND'), problem(404, 'AGENT_NOT_FOUND'))
    await sdk.do('set_status', { status: 'busy' })
    await sdk.event('reregistered')

    expect(sdk.events).toEqual(['late', 'lost', 'reregistered'])
    expect(registry.of(REGISTER)[1]?.body).toMatchObject({ status: 'busy' })
  })

  rule('heartbeats of other registries may answer with anything', async ({ registry, join }) => {
    const sdk = await join()
    registry.script(HEARTBEAT, json({}), json({ status: 'ok', ttl_seconds: null }))
    await registry.received(HEARTBEAT, 3)

    expect(sdk.events).toEqual([])
  })
})
