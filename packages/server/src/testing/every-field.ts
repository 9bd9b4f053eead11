import { mapDetails } from '@rollcall/protocol'
import { describe, expect, test } from 'vitest'
import type { AgentRecord } from '../domain/agent-record.ts'
import type { AgentRegistration } from '../domain/agent-registration.ts'
import type { ConformanceSubject } from './conformance-subject.ts'
import { StoreUnderTest } from './store-under-test.ts'

/** Typed such that a new field of a registration does not compile until it is here. */
type EveryField = {
  readonly [Field in keyof AgentRegistration]-?: NonNullable<AgentRegistration[Field]>
}

const FIRST: EveryField = {
  agentId: 'complete',
  agentName: 'Complete',
  host: '10.1.2.3',
  port: 4321,
  ttlSeconds: 321,
  metadata: { region: 'eu-1' },
  capabilities: ['search', 'translate'],
  tags: ['papers', 'science'],
  card: { text: '{"name": "Complete"}', format: 'first', words: 'of the first card' },
  version: '1.2.3',
  details: mapDetails(({ name }) => `the first ${name}`),
  url: 'https://complete.example/agent',
  status: 'busy',
  load: 0.5,
  instanceId: 'first',
}

const SECOND: EveryField = {
  agentId: FIRST.agentId,
  agentName: 'Changed',
  host: '10.1.2.4',
  port: 4322,
  ttlSeconds: 322,
  metadata: '{"region":"eu-2"}',
  capabilities: ['sum'],
  tags: ['numbers'],
  card: { text: '{"name":"Changed"}', format: 'second', words: 'of the second card' },
  version: '2.0.0',
  details: mapDetails(({ name }) => `the second ${name}`),
  url: 'https://changed.example/agent',
  status: 'draining',
  load: 0.75,
  instanceId: 'second',
}

/** What a record shows of each field of a registration. */
function shown(agent: AgentRecord | undefined): Record<string, unknown> {
  // The text of a card is beside the record.
  const { digest: _, ...card } = agent?.card ?? {}
  const record = { ...agent, metadata: agent?.metadataValue, card }
  const fields = Object.keys(FIRST) as (keyof EveryField)[]
  return Object.fromEntries(fields.map((field) => [field, record[field]]))
}

/** What a record shows of a registration. */
function expected({ card, ...registration }: EveryField): Record<string, unknown> {
  const { text: _, ...summary } = card
  return { ...registration, card: summary }
}

/** For every store: no field of a registration is lost on any way through it. */
export function describeEveryField(subject: ConformanceSubject): void {
  describe('every field of a registration', () => {
    test('is in what is returned, read, listed and recorded', async () => {
      await using store = await StoreUnderTest.open(subject)
      for (const registration of [FIRST, SECOND]) {
        expect(shown(await store.repository.add(registration))).toEqual(expected(registration))
        expect(shown(await store.get('complete'))).toEqual(expected(registration))
        const [listed] = await Array.fromAsync(store.repository.listAll())
        expect(listed?.map(shown)).toEqual([expected(registration)])
        const [last] = (await store.repository.historyOf('complete')).slice(-1)
        expect(shown(last?.agent)).toEqual(expected(registration))
      }
    })

    test('has its place in the reason of a change', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.repository.add(FIRST)
      for (const field of Object.keys(FIRST) as (keyof EveryField)[]) {
        if (field === 'agentId') continue
        // The load alone is no transition.
        const rest = field === 'load' ? { status: SECOND.status } : {}
        await store.repository.add({ ...FIRST, [field]: SECOND[field], ...rest })
        const [last] = (await store.repository.historyOf('complete')).slice(-1)
        expect(last?.type, field).toBe(field === 'instanceId' ? 'replaced' : 'updated')
        await store.repository.add(FIRST)
      }
    })

    if (subject.durable) {
      test('survives a restart, and an expiry', async () => {
        await using store = await StoreUnderTest.open(subject)
        await store.repository.add(FIRST)
        await store.restart()
        expect(shown(await store.get('complete'))).toEqual(expected(FIRST))
        store.clock.advance(FIRST.ttlSeconds * 1000)
        expect(await store.sweep()).toBe(1)
        const [last] = (await store.repository.historyOf('complete')).slice(-1)
        expect(last?.type).toBe('expired')
        expect(shown(last?.agent)).toEqual(expected(FIRST))
        await store.restart()
        expect(shown(await store.get('complete'))).toEqual(expected(FIRST))
      })
    }
  })
}
