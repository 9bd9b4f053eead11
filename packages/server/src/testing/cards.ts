import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { AgentCard } from '../domain/agent-card.ts'
import type { ConformanceSubject } from './conformance-subject.ts'
import { ANN, BO } from './sample-callers.ts'
import { StoreUnderTest } from './store-under-test.ts'

/** With what a store that keeps values instead of bytes would change: order, blanks, escapes, numbers. */
const CARD: AgentCard = {
  text: '{ "name" :"Ann\\u0065",\n\t"b": 1.0, "a": [ ], "1": "é\u{1f469}" }\n',
  format: 'a2a-1.0',
  words: 'Translate documents',
}
const OTHER: AgentCard = { text: '{"name":"Other"}', format: 'other' }

export function describeCards(subject: ConformanceSubject): void {
  describe('the card of an agent', () => {
    test('is kept byte for byte, and its record has a digest of it', async () => {
      await using store = await StoreUnderTest.open(subject)
      const { agentId } = await store.add({ card: CARD })
      expect(await store.repository.card(agentId)).toBe(CARD.text)
      const digest = createHash('sha256').update(CARD.text).digest('base64url')
      const { format, words } = CARD
      expect(await store.get(agentId)).toMatchObject({ card: { digest, format, words } })
    })

    test('may have 64 KiB, and no byte more', async () => {
      await using store = await StoreUnderTest.open(subject)
      const text = JSON.stringify({ name: 'é'.repeat(32_762) })
      expect(Buffer.byteLength(text)).toBe(65_535)
      await store.add({ agentId: 'large', card: { text: `${text} `, format: 'other' } })
      expect(await store.repository.card('large')).toBe(`${text} `)
      const larger = { text: `${text}  `, format: 'other' }
      await expect(store.add({ agentId: 'larger', card: larger })).rejects.toMatchObject({
        code: 'INVALID_REGISTRATION',
        pointer: '/card',
      })
      expect(await store.repository.get('larger')).toBeUndefined()
    })

    test('stays when the agent registers without one, and goes when it registers with null', async () => {
      await using store = await StoreUnderTest.open(subject)
      const { agentId } = await store.add({ card: CARD })
      await store.add({ agentId })
      await store.add({ agentId, instanceId: 'another' })
      expect(await store.repository.card(agentId)).toBe(CARD.text)
      await store.add({ agentId, card: null })
      expect(await store.repository.card(agentId)).toBeUndefined()
      expect((await store.get(agentId))?.card).toBeNull()
    })

    test('changes alone, with a transition, and renews no lease', async () => {
      await using store = await StoreUnderTest.open(subject)
      const before = await store.add({ ttlSeconds: 60 })
      store.clock.advance(10_000)
      const after = await store.repository.setCard(before.agentId, CARD)
      expect(after).toMatchObject({
        expiresAtMs: before.expiresAtMs,
        revision: before.revision + 1,
      })
      expect(after?.updatedAtMs).toBe(store.clock.wallMs())
      await store.repository.setCard(before.agentId, CARD)
      await store.repository.setCard(before.agentId, OTHER)
      await store.repository.setCard(before.agentId, null)
      const history = await store.repository.historyOf(before.agentId)
      expect(history.map(({ type, reason }) => [type, reason])).toEqual([
        ['registered', expect.anything()],
        ['updated', 'card added'],
        ['updated', 'card changed'],
        ['updated', 'card removed'],
      ])
      expect(await store.repository.setCard('unknown', CARD)).toBeUndefined()
    })

    test('belongs to the owner of the agent', async () => {
      await using store = await StoreUnderTest.open(subject)
      const { agentId } = await store.add({}, ANN)
      const byBo = store.repository.setCard(agentId, CARD, { caller: BO })
      await expect(byBo).rejects.toMatchObject({ code: 'AGENT_OWNED' })
      expect(await store.repository.card(agentId)).toBeUndefined()
      await store.repository.setCard(agentId, CARD, { caller: ANN })
      expect(await store.repository.card(agentId)).toBe(CARD.text)
    })

    test('does not revive an expired agent, and can be read until that is removed', async () => {
      await using store = await StoreUnderTest.open(subject)
      const { agentId } = await store.add({ ttlSeconds: 10, card: CARD })
      store.clock.advance(10_000)
      await store.sweep()
      expect(await store.repository.setCard(agentId, OTHER)).toMatchObject({ alive: false })
      expect(await store.repository.card(agentId)).toBe(OTHER.text)
      expect(await store.repository.deleteExpired()).toBe(1)
      expect(await store.repository.card(agentId)).toBeUndefined()
    })

    test('is removed with its agent: the next one with that id has none', async () => {
      await using store = await StoreUnderTest.open(subject)
      const { agentId } = await store.add({ card: CARD })
      await store.repository.delete(agentId)
      expect(await store.repository.card(agentId)).toBeUndefined()
      await store.add({ agentId })
      expect(await store.repository.card(agentId)).toBeUndefined()
      // All in one group, in which the store may keep only the last state of the agent.
      await store.add({ agentId, card: CARD })
      await Promise.all([store.repository.delete(agentId), store.add({ agentId })])
      expect(await store.repository.card(agentId)).toBeUndefined()
    })

    test('is not lost when changes of the agent share a group', async () => {
      await using store = await StoreUnderTest.open(subject)
      await Promise.all([
        store.add({ agentId: 'a', card: CARD }),
        store.add({ agentId: 'a', agentName: 'Renamed' }),
        store.repository.updateHeartbeat('a', { status: 'busy' }),
      ])
      expect(await store.repository.card('a')).toBe(CARD.text)
      expect((await store.get('a'))?.card).toMatchObject({ format: CARD.format })
    })

    test('adds to what text search finds, and is told apart in filtered histories', async () => {
      await using store = await StoreUnderTest.open(subject)
      const { agentId } = await store.add({ card: CARD, tags: ['papers'] })
      await store.add({ agentId: 'without' })
      expect(await store.listed({ text: 'TRANSLATE docu' })).toEqual([agentId])
      expect(await store.listed({ tags: ['papers'] })).toEqual([agentId])
      expect(await store.listed({ tags: ['papers', 'other'] })).toEqual([])
      await store.repository.setCard(agentId, null)
      expect(await store.listed({ text: 'translate' })).toEqual([])
      const [last] = (await store.repository.historyOf(agentId)).slice(-1)
      expect(last?.before?.card).toMatchObject({ words: CARD.words })
      expect(last?.agent.card).toBeNull()
    })

    if (subject.durable) {
      test('survives a restart, and so does the time of the last change', async () => {
        await using store = await StoreUnderTest.open(subject)
        const { agentId } = await store.add({ card: CARD, tags: ['papers'] })
        store.clock.advance(5000)
        const changed = await store.repository.setCard(agentId, OTHER)
        await store.restart()
        expect(await store.repository.card(agentId)).toBe(OTHER.text)
        expect(await store.get(agentId)).toMatchObject({
          tags: ['papers'],
          card: changed?.card,
          updatedAtMs: changed?.updatedAtMs,
        })
      })
    }
  })
}
