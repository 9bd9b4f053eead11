import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { AGENT, conformance, type Stage } from './support/conformance.ts'
import {
  BATCH,
  DEREGISTER,
  delayed,
  HEARTBEAT,
  json,
  problem,
  REGISTER,
  reset,
} from './support/scripted-registry.ts'

/** More than leave at once. */
const MANY = Array.from({ length: 20 }, (_, i) => `a-${i}`)

async function groupOf({ start, registry }: Stage, ...ids: readonly string[]) {
  registry.lease = { ttl_seconds: 1 }
  const sdk = start()
  for (const agent_id of ids) await sdk.do('join_group', { ...AGENT, agent_id, ttl_seconds: 1 })
  return sdk
}

conformance('groups', (rule) => {
  rule('one request renews all agents of a group', async (stage) => {
    const { registry } = stage
    await groupOf(stage, 'a-1', 'a-2', 'a-3')
    await expect
      .poll(() => registry.of(BATCH).at(-1)?.body)
      .toEqual({
        heartbeats: [{ agent_id: 'a-1' }, { agent_id: 'a-2' }, { agent_id: 'a-3' }],
        instance_id: 'run-1',
      })

    expect(registry.of(HEARTBEAT)).toEqual([])
  })

  rule('agents of a group with instances of their own name them', async (stage) => {
    const { registry } = stage
    const sdk = await groupOf(stage, 'a-1')
    await sdk.do('join_group', { ...AGENT, agent_id: 'a-2', instance_id: 'run-2', ttl_seconds: 1 })

    await expect
      .poll(() => registry.of(BATCH).at(-1)?.body)
      .toEqual({
        heartbeats: [
          { agent_id: 'a-1', instance_id: 'run-1' },
          { agent_id: 'a-2', instance_id: 'run-2' },
        ],
      })
  })

  rule('the agent with the shortest TTL sets the pace of its group', async (stage) => {
    const { registry, start } = stage
    const sdk = start()
    registry.lease = { ttl_seconds: 3600 }
    await sdk.do('join_group', { ...AGENT, agent_id: 'slow', ttl_seconds: 3600 })
    registry.lease = { ttl_seconds: 1 }
    await sdk.do('join_group', { ...AGENT, agent_id: 'fast', ttl_seconds: 1 })
    await registry.received(BATCH, 2)
  })

  rule('only the lost agents of a group register again', async (stage) => {
    const { registry } = stage
    const sdk = await groupOf(stage, 'a-1', 'a-2')
    registry.script(BATCH, json({ ok: 1, unknown: ['a-2'] }))
    await sdk.event('reregistered')

    const again = registry
      .of(REGISTER)
      .slice(2)
      .map(({ body }) => Reflect.get(Object(body), 'agent_id'))
    expect(again).toEqual(['a-2'])
  })

  rule('a superseded agent leaves its group, and the others go on', async (stage) => {
    const { registry } = stage
    const sdk = await groupOf(stage, 'a-1', 'a-2')
    registry.script(BATCH, json({ ok: 1, unknown: [], superseded: ['a-2'] }))
    registry.script(HEARTBEAT, problem(409, 'SUPERSEDED'))
    await sdk.event('superseded')
    await registry.more(BATCH, 2)

    expect(await sdk.do('group_agents')).toEqual(['a-1'])
    expect(registry.of(BATCH).at(-1)?.body).toMatchObject({ heartbeats: [{ agent_id: 'a-1' }] })
  })

  rule('an agent that a batch calls superseded by mistake stays', async (stage) => {
    const { registry } = stage
    const sdk = await groupOf(stage, 'a-1')
    registry.script(BATCH, json({ ok: 0, unknown: [], superseded: ['a-1'] }))
    await registry.received(HEARTBEAT, 1)
    await registry.more(BATCH)

    expect(await sdk.do('group_agents')).toEqual(['a-1'])
    expect(sdk.events).toEqual([])
  })

  rule('a group survives faults', async (stage) => {
    const { registry } = stage
    await groupOf(stage, 'a-1')
    registry.script(BATCH, reset, problem(503, 'OVERLOADED'), json('what?'), json({ unknown: 7 }))
    await registry.more(BATCH, 6)
  })

  rule('to close a group deregisters its agents', async (stage) => {
    const { registry } = stage
    const sdk = await groupOf(stage, 'a-1', 'a-2')
    await sdk.do('close_group')

    expect(
      registry
        .of(DEREGISTER)
        .map(({ path }) => path)
        .sort(),
    ).toEqual(['/agents/a-1', '/agents/a-2'])
    expect(await sdk.do('group_agents')).toEqual([])
  })

  rule('at most 16 agents of a group leave at once', async (stage) => {
    const { registry } = stage
    const sdk = await groupOf(stage, ...MANY)
    // So long that the goodbyes of all would overlap.
    registry.scriptAll(DEREGISTER, delayed(200, json({ status: 'deleted' })))
    await sdk.do('close_group')

    const goodbyes = registry.of(DEREGISTER)
    expect(goodbyes).toHaveLength(MANY.length)
    const atOnce = goodbyes.map(
      ({ arrivedMs }) =>
        goodbyes.filter((it) => it.arrivedMs <= arrivedMs && (it.answeredMs ?? 0) > arrivedMs)
          .length,
    )
    expect(Math.max(...atOnce)).toBeLessThanOrEqual(16)
  })

  rule('a group that is out of time leaves the rest of its agents to lapse', async (stage) => {
    const { registry } = stage
    const sdk = await groupOf(stage, ...MANY)
    registry.scriptAll(DEREGISTER, delayed(800, json({ status: 'deleted' })))
    await sdk.do('close_group', { timeout_seconds: 0.5 })

    const goodbyes = registry.of(DEREGISTER).length
    expect(goodbyes).toBeGreaterThan(0)
    expect(goodbyes).toBeLessThanOrEqual(16)
    expect(await sdk.do('group_agents')).toEqual([])
    expect(sdk.log).toMatch(
      new RegExp(`group.* left ${MANY.length - goodbyes} of its agents registered`),
    )
    const batches = registry.of(BATCH).length
    await sleep(500)
    expect(registry.of(BATCH)).toHaveLength(batches)
  })
})
