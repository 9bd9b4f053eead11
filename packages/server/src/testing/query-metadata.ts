import { describe, expect, test } from 'vitest'
import type { ConformanceSubject } from './conformance-subject.ts'
import { StoreUnderTest } from './store-under-test.ts'

/** Metadata, and the conditions that it matches, as path and value. */
const MATCHES: readonly (readonly [metadata: object | string, ...(readonly [string, string])[]])[] =
  [
    [{ zone: 'eu', empty: '' }, ['zone', 'eu'], ['empty', '']],
    [
      { gpu: { model: 'H100', memory: { gb: 80 } } },
      ['gpu.model', 'H100'],
      ['gpu.memory.gb', '80'],
    ],
    [{ 'gpu.model': 'A100' }, ['gpu.model', 'A100']],
    [{ 'a.b': { c: 1 }, a: { 'b.d': 2 } }, ['a.b.c', '1'], ['a.b.d', '2']],
    [{ tags: ['x', 'y', ['z']] }, ['tags', 'x'], ['tags', 'y'], ['tags', 'z']],
    [{ models: [{ name: 'm1' }, { name: 'm2' }] }, ['models.name', 'm1'], ['models.name', 'm2']],
    [{ n: -0.5, big: 1e21, zero: 0 }, ['n', '-0.5'], ['big', '1e+21'], ['zero', '0']],
    [{ yes: true, no: false, none: null }, ['yes', 'true'], ['no', 'false'], ['none', 'null']],
    [{ text: '17', word: 'false' }, ['text', '17'], ['word', 'false']],
    [{ straße: 'Größe 🛰' }, ['straße', 'Größe 🛰']],
    [
      JSON.parse('{"__proto__":{"a":1},"constructor":2}'),
      ['__proto__.a', '1'],
      ['constructor', '2'],
    ],
    [' {"zone" : "as", "z\\u006fne2": "\\u00fc"}', ['zone', 'as'], ['zone2', 'ü']],
    ['["one", {"two": 2}]', ['', 'one'], ['two', '2']],
    ['"text"', ['', 'text']],
    [{ count: 1.5, whole: 3 }, ['count', '1.50'], ['count', '15e-1'], ['whole', '3.0']],
    [{ whole: '4.0' }, ['whole', '4.0']],
    ['{"id": 1546130668394913822, "far": 1e400}', ['id', '1546130668394913822'], ['far', '1e400']],
  ]

const MATCHED_BY_NONE: readonly (readonly [string, string])[] = [
  ['zone', 'EU'],
  ['Zone', 'eu'],
  ['zone', 'e'],
  ['zone', ''],
  ['gpu', 'H100'],
  ['gpu', '[object Object]'],
  ['model', 'H100'],
  ['tags', 'x,y,z'],
  ['tags.0', 'x'],
  ['yes', '1'],
  ['toString', 'undefined'],
  ['zo', 'neeu'],
  ['whole', '4'],
  ['whole', '03'],
  ['id', '1546130668394913800'],
  ['far', 'Infinity'],
]

export function describeQueriesOfMetadata(subject: ConformanceSubject): void {
  describe('a metadata query', () => {
    test('matches values at any depth and in every form, and nothing else', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.add({ agentId: 'none' })
      await store.add({ agentId: 'empty', metadata: {} })
      for (const [index, [metadata]] of MATCHES.entries()) {
        await store.add({ agentId: `m-${index}`, metadata })
      }
      for (const [index, [, ...conditions]] of MATCHES.entries()) {
        for (const [path, value] of conditions) {
          const found = await store.listed({ metadata: [{ path, value }] })
          expect(found, `${path} = ${value}`).toEqual([`m-${index}`])
        }
        const all = conditions.map(([path, value]) => ({ path, value }))
        expect(await store.listed({ metadata: all })).toEqual([`m-${index}`])
      }
      for (const [path, value] of MATCHED_BY_NONE) {
        const found = await store.listed({ metadata: [{ path, value }] })
        expect(found, `${path} = ${value}`).toEqual([])
      }
    })

    test('matches values beyond those that are indexed, and keys under a long path', async () => {
      await using store = await StoreUnderTest.open(subject)
      const many = Array.from({ length: 900 }, (_, number) => number)
      await store.add({ agentId: 'many', metadata: { many, zone: 'eu', deep: { last: 1.5 } } })
      const long = 'k'.repeat(1000)
      const keys = Object.fromEntries(many.slice(0, 200).map((number) => [`k${number}`, number]))
      await store.add({ agentId: 'long', metadata: { [long]: keys, zone: 'eu', tier: null } })
      await store.add({ agentId: 'short', metadata: { zone: 'eu', many: 899 } })
      const find = (path: string, value: string, more = {}) =>
        store.listed({ metadata: [{ path, value }], ...more })
      expect(await find('zone', 'eu')).toEqual(['long', 'many', 'short'])
      expect(await find('many', '899')).toEqual(['many', 'short'])
      expect(await find('many', '0')).toEqual(['many'])
      expect(await find('deep.last', '1.50')).toEqual(['many'])
      expect(await find(`${long}.k199`, '199')).toEqual(['long'])
      expect(await find('tier', 'null')).toEqual(['long'])
      expect(await find('tier', 'none')).toEqual([])
      expect(await find('zone', 'eu', { text: 'many' })).toEqual(['many', 'short'])
      await store.add({ agentId: 'many', metadata: { zone: 'us' } })
      expect(await find('zone', 'eu')).toEqual(['long', 'short'])
      expect(await find('deep.last', '1.5')).toEqual([])
    })

    test('matches only agents that meet all conditions', async () => {
      await using store = await StoreUnderTest.open(subject)
      await store.add({ agentId: 'a', metadata: { zone: 'eu', tier: 1, tags: ['x', 'y'] } })
      await store.add({ agentId: 'b', metadata: { zone: 'eu', tier: 2, tags: ['x'] } })
      await store.add({ agentId: 'c', metadata: '{"zone": "us", "tier": 1, "tags": ["y"]}' })
      const zone = { path: 'zone', value: 'eu' }
      const tier = { path: 'tier', value: '1' }
      const x = { path: 'tags', value: 'x' }
      const y = { path: 'tags', value: 'y' }
      expect(await store.listed({ metadata: [zone] })).toEqual(['a', 'b'])
      expect(await store.listed({ metadata: [tier] })).toEqual(['a', 'c'])
      expect(await store.listed({ metadata: [zone, tier] })).toEqual(['a'])
      expect(await store.listed({ metadata: [x, y] })).toEqual(['a'])
      expect(await store.listed({ metadata: [x, x] })).toEqual(['a', 'b'])
      expect(await store.listed({ metadata: [zone, { ...zone, value: 'us' }] })).toEqual([])
    })
  })
}
