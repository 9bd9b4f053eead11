// Every detail of an agent, by its entry in the table: on all the ways of HTTP.
import { AGENT_DETAILS } from '@rollcall/protocol'
import { describe, expect, test } from 'vitest'
import { AgentFleet } from './support/agent-fleet.ts'
import { eventsIn } from './support/event-pages.ts'
import { useRegistry } from './support/registry-under-test.ts'
import { agentIn, agentsIn, objectIn } from './support/response.ts'

const registry = useRegistry()
const fleet = new AgentFleet(registry, 'details')

describe.each(AGENT_DETAILS.map((detail) => [detail.wireName, detail] as const))(
  'the %s of an agent',
  (wireName, detail) => {
    const { example: value, schema } = detail
    const most = schema.maxLength ?? 0

    test('is absent until it is registered, changes with each registration, and is in the history', async () => {
      const label = `changing-${wireName}`
      expect(await fleet.register(label)).not.toHaveProperty(wireName)
      expect(await fleet.register(label, { [wireName]: value })).toMatchObject({
        [wireName]: value,
      })
      const path = `/agents/${fleet.id(label)}`
      expect(agentIn(await registry.get(path))).toMatchObject({ [wireName]: value })
      expect(await fleet.register(label, { [wireName]: null })).not.toHaveProperty(wireName)
      const events = eventsIn(await registry.get(`${path}/events`))
      expect(events.map(({ agent }) => agent[wireName])).toEqual([undefined, value, undefined])
      for (const { reason } of events.slice(1)) expect(reason).toContain(wireName)
    })

    test('may be neither empty nor anything but text', async () => {
      for (const wrong of ['', 7, [], {}, 'x'.repeat(most + 1), 'x\u0000']) {
        const json = registry.registration({ [wireName]: wrong })
        const { status, text } = await registry.post('/agents/register', { json })
        expect(status, text).toBe(422)
        expect(text).toContain(`"/${wireName}"`)
      }
    })

    test('may have as many characters as its limit', async () => {
      const longest = value.padEnd(most, 'x')
      expect(await fleet.register(`longest-${wireName}`, { [wireName]: longest })).toMatchObject({
        [wireName]: longest,
      })
    })

    test('is found by its words', async () => {
      await fleet.register(`words-${wireName}`, { [wireName]: value })
      const word = encodeURIComponent(`${value.split(' ')[0]?.toUpperCase()} words-${wireName}`)
      const found = agentsIn(await registry.get(`/agents?q=${word}`))
      expect(found.map((it) => fleet.label(it))).toEqual([`words-${wireName}`])
    })

    test('is a label for Prometheus', async () => {
      await fleet.register(`label-${wireName}`, { [wireName]: value })
      const response = await registry.get(`/sd/prometheus?q=${fleet.id(`label-${wireName}`)}`)
      expect(response.json).toMatchObject([{ labels: { [`__meta_rollcall_${wireName}`]: value } }])
    })

    if (detail.isFilter) {
      test('is a filter, which compares the whole value', async () => {
        await fleet.register(`filter-${wireName}`, { [wireName]: value })
        await fleet.register(`other-${wireName}`)
        const idsFor = async (wanted: string) => {
          const query = fleet.query(`${wireName}=${encodeURIComponent(wanted)}&q=-${wireName}`)
          return agentsIn(await registry.get(`/agents?${query}`)).map((it) => fleet.label(it))
        }
        expect(await idsFor(value)).toContain(`filter-${wireName}`)
        expect(await idsFor(value)).not.toContain(`other-${wireName}`)
        expect(await idsFor(`${value}x`)).toEqual([])
      })
    } else {
      test('is no filter', async () => {
        const response = await registry.get(`/agents?${wireName}=x`)
        expect(response.status).toBe(422)
      })
    }
  },
)

test('an agent with all details can be registered as it was read', async () => {
  const details = Object.fromEntries(
    AGENT_DETAILS.map(({ wireName, example }) => [wireName, example]),
  )
  const agent = await fleet.register('all', details)
  const again = objectIn(await registry.post('/agents/register', { json: agent }))
  expect(again).toMatchObject({ ...details, revision: agent.revision })
})
