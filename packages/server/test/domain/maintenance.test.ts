import { expect, test } from 'vitest'
import {
  MaintenanceEntries,
  type MaintenanceEntry,
  nextEntry,
  sameMaintenance,
  widerEntry,
} from '../../src/domain/maintenance.ts'

const UPGRADE = { reason: 'upgrade', by: 'ann' }

function entry(pattern: string): MaintenanceEntry {
  return { pattern, ...UPGRADE, sinceMs: 1 }
}

test('entries are sorted by pattern, whichever was set first', () => {
  const patterns = ['b:*', '*', 'a', 'b:1', 'a:*']
  const entries = new MaintenanceEntries(patterns.map(entry))
  expect(entries.all().map(({ pattern }) => pattern)).toEqual(patterns.toSorted())
})

test('leases share one object for each entry', () => {
  const entries = new MaintenanceEntries([entry('a:*')])
  expect(entries.of('a:1')).not.toBeNull()
  expect(entries.of('a:1')).toBe(entries.of('a:2'))
})

test('an entry that is set again as it is is not stored again', () => {
  expect(nextEntry(entry('a'), { pattern: 'a', ...UPGRADE, nowMs: 2 })).toBeUndefined()
  const other = { pattern: 'a', reason: 'repair', by: 'ann', nowMs: 2 }
  expect(nextEntry(entry('a'), other)).toMatchObject({ reason: 'repair', sinceMs: 1 })
  expect(nextEntry(undefined, other)).toMatchObject({ reason: 'repair', sinceMs: 2 })
})

test('an entry that ended and was set again is another one', () => {
  expect(sameMaintenance({ ...UPGRADE, sinceMs: 1 }, { ...UPGRADE, sinceMs: 1 })).toBe(true)
  expect(sameMaintenance({ ...UPGRADE, sinceMs: 1 }, { ...UPGRADE, sinceMs: 2 })).toBe(false)
  expect(sameMaintenance({ ...UPGRADE, sinceMs: 1 }, null)).toBe(false)
})

test.each([
  { pattern: 'a:b:1', wider: 'a:b:*' },
  { pattern: 'a:b:*', wider: 'a:*' },
  { pattern: 'a:*', wider: '*' },
  { pattern: '*', wider: undefined },
  { pattern: 'a:c', wider: 'a:*' },
  // The entry of an id covers no others.
  { pattern: 'a:b:1*', wider: 'a:b:*' },
])('without its own entry, $wider applies to $pattern', ({ pattern, wider }) => {
  const entries = ['*', 'a:*', 'a:b:*', 'a:b:1', 'x:*'].map(entry)
  expect(widerEntry(entries, pattern)?.pattern).toBe(wider)
})
