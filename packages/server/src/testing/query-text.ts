import { describe, expect, test } from 'vitest'
import type { ConformanceSubject } from './conformance-subject.ts'
import { StoreUnderTest } from './store-under-test.ts'

export function describeQueriesOfText(subject: ConformanceSubject): void {
  describe('a text query', () => {
    test('matches substrings of id, name, capabilities, keys and values, case-insensitively', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.add({ agentId: 'Lighthouse-7', agentName: 'x' })
      await store.add({ agentId: 'b', agentName: 'The lightHOUSE' })
      await store.add({ agentId: 'c', capabilities: ['sum', 'light-housekeeping'] })
      await store.add({ agentId: 'd', metadata: { some: { lighthouses: [1] } } })
      await store.add({ agentId: 'e', metadata: '{"of": ["A LIGHTHOUSE"]}' })
      await store.add({ agentId: 'f', host: 'lighthouse.example', version: 'lighthouse' })
      for (const text of ['lighthouse', 'LightHouse', 'IGHTHOUS', ' lighthouse\n']) {
        const found = await store.listed({ text })
        expect(found, text).toEqual(['Lighthouse-7', 'b', 'd', 'e'])
      }
      expect(await store.listed({ text: 'light-h' })).toEqual(['c'])
    })

    test('matches agents that contain all words, each anywhere', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.add({ agentId: 'a', agentName: 'Red fox', capabilities: ['jump'] })
      await store.add({ agentId: 'b', agentName: 'Red dog', metadata: { jump: 'high' } })
      await store.add({ agentId: 'c', agentName: 'Grey fox' })
      expect(await store.listed({ text: 'red jump' })).toEqual(['a', 'b'])
      expect(await store.listed({ text: 'jump fox' })).toEqual(['a'])
      expect(await store.listed({ text: 'fox\u00a0fox\tfo' })).toEqual(['a', 'c'])
      expect(await store.listed({ text: 'red cat' })).toEqual([])
    })

    test('never matches a word across two texts', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.add({
        agentId: 'abc',
        agentName: 'def',
        capabilities: ['ghi', 'jkl'],
        metadata: { mno: 'pqr', stu: ['vwx', 'yz1'] },
      })
      const texts = ['abc', 'def', 'ghi', 'jkl', 'mno', 'pqr', 'stu', 'vwx', 'yz1']
      expect(await store.listed({ text: texts.join(' ') })).toEqual(['abc'])
      for (const one of texts) {
        for (const other of texts) {
          expect(await store.listed({ text: one + other }), one + other).toEqual([])
          expect(await store.listed({ text: one.slice(1) + other[0] })).toEqual([])
        }
      }
    })

    test('matches short words and words in any script', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.add({ agentId: 'a', agentName: 'Ärzte', metadata: { q: 7 } })
      await store.add({ agentId: 'b', agentName: '翻訳エージェント', capabilities: ['🛰'] })
      expect(await store.listed({ text: 'q' })).toEqual(['a'])
      expect(await store.listed({ text: '7' })).toEqual(['a'])
      expect(await store.listed({ text: 'äRZ' })).toEqual(['a'])
      expect(await store.listed({ text: '翻訳' })).toEqual(['b'])
      expect(await store.listed({ text: 'エージェ 🛰' })).toEqual(['b'])
    })

    test('matches the keys of empty values', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.add({ metadata: { lighthouses: [], beacons: {} } })
      expect(await store.listed({ text: 'lighthouses' })).toEqual(['scout'])
      expect(await store.listed({ text: 'beacons' })).toEqual(['scout'])
    })
  })
}
