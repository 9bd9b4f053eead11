import { describe, expect, test } from 'vitest'
import { CLASS_OF, loadClassOf } from '../../../src/http/overload/load-class.ts'
import type { OperationId } from '../../../src/operations/operation.ts'
import { OPERATIONS } from '../../../src/operations/operations.ts'

const ids = Object.keys(OPERATIONS) as OperationId[]

test.each(ids)('the class of %s is found from its method and path', (id) => {
  const { method, path } = OPERATIONS[id]
  const expected = CLASS_OF[id] === 'never' ? undefined : CLASS_OF[id]
  const url = path.replaceAll(/\{\w+\}/g, 'team-a:one')
  expect(loadClassOf(method, url)).toBe(expected)
  expect(loadClassOf(method, `${url}?q=a`)).toBe(expected)
})

test('what probes and operators need is never refused', () => {
  const needed = ids.filter((id) => {
    const { scope, tag } = OPERATIONS[id]
    return scope === 'none' || scope === 'admin' || tag === 'registry'
  })
  expect(needed.filter((id) => CLASS_OF[id] !== 'never')).toEqual([])
})

describe('another notation of the same request has the same class', () => {
  test.each([
    ['HEAD', '/agents'],
    ['GET', '/%61gents'],
    ['GET', 'http://registry.example/agents?limit=1'],
    ['GET', '/agents#fragment'],
  ])('%s %s', (method, url) => {
    expect(loadClassOf(method, url)).toBe('read')
  })
})

test.each([
  ['GET', '/an-applications-own-route'],
  ['POST', '/agents'],
  ['OPTIONS', '*'],
])('%s %s is left to the framework, which responds at once', (method, url) => {
  expect(loadClassOf(method, url)).toBeUndefined()
})

test('a path that cannot be decoded is classified as it is', () => {
  expect(loadClassOf('GET', '/agents/%zz')).toBe('read')
})
