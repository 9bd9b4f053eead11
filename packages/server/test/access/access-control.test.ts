import { describe, expect, test } from 'vitest'
import { AccessControl } from '../../src/access/access-control.ts'
import type { Authenticator } from '../../src/access/authenticator.ts'
import { isLoopback } from '../../src/access/loopback.ts'
import { coversAgent, hasScope, type Principal } from '../../src/access/principal.ts'

const PRINCIPAL: Principal = {
  kind: 'token',
  name: 'ci',
  scope: 'agent',
  patterns: ['a:*', 'b'],
  reads: undefined,
}

describe('scopes', () => {
  test.each([
    ['read', ['read']],
    ['agent', ['read', 'agent']],
    ['admin', ['read', 'agent', 'admin']],
  ] as const)('%s includes %j', (scope, included) => {
    const all = ['read', 'agent', 'admin'] as const
    expect(all.filter((needed) => hasScope({ ...PRINCIPAL, scope }, needed))).toEqual(included)
  })
})

test('patterns cover an id, or all ids with a beginning', () => {
  const ids = ['a:1', 'a:', 'a:b:c', 'b', 'a', 'A:1', 'b1', 'ab', '']
  expect(ids.filter((id) => coversAgent(PRINCIPAL, id))).toEqual(['a:1', 'a:', 'a:b:c', 'b'])
})

describe('anonymous callers', () => {
  const scopeOf = (access: AccessControl) => access.anonymous?.scope

  test('may do everything until there is access control', () => {
    const access = new AccessControl()
    expect([access.isOn, access.mode, scopeOf(access)]).toEqual([false, 'open', 'admin'])
    access.turnOn()
    expect([access.isOn, access.mode, scopeOf(access)]).toEqual([true, 'controlled', 'read'])
  })

  test.each([
    ['auto', {}, 'read'],
    ['auto', { isExposed: true }, undefined],
    ['auto', { isPublic: true }, undefined],
    ['read', { isExposed: true, isPublic: true }, 'read'],
    ['none', {}, undefined],
  ] as const)('with %s and %j have the scope %s', (anonymous, reached, scope) => {
    const access = new AccessControl({ anonymous, isPublic: 'isPublic' in reached })
    if ('isExposed' in reached) access.expose()
    access.turnOn()
    expect(scopeOf(access)).toBe(scope)
  })

  test('may read nothing if some callers see only some agents, unless the operator says so', () => {
    for (const [anonymous, scope] of [
      ['auto', undefined],
      ['read', 'read'],
    ] as const) {
      const access = new AccessControl({ anonymous })
      access.turnOn()
      access.add({ known: () => undefined, limitsReads: false })
      expect(scopeOf(access)).toBe('read')
      access.add({ known: () => undefined, limitsReads: true })
      expect(scopeOf(access)).toBe(scope)
    }
  })

  test('are limited as soon as the operator says how', () => {
    for (const anonymous of ['none', 'read'] as const) {
      expect(new AccessControl({ anonymous }).mode).toBe('controlled')
    }
  })

  test('of a registry that others reach may do everything only if it is insecure', () => {
    const access = new AccessControl()
    access.expose()
    expect([access.mode, scopeOf(access)]).toEqual(['insecure', 'admin'])
  })
})

describe('several authenticators', () => {
  const knowing = (digest: string, name: string): Authenticator => ({
    known: (asked) => (asked === digest ? { ...PRINCIPAL, name } : undefined),
  })
  const slow = (digest: string, name: string): Authenticator => ({
    known: () => undefined,
    lookUp: async (asked) => (asked.digest === digest ? { ...PRINCIPAL, name } : undefined),
  })

  test('are asked one after the other', async () => {
    const access = new AccessControl()
    for (const each of [knowing('1', 'one'), slow('2', 'two'), slow('3', 'three')]) access.add(each)
    const nameOf = async (digest: string) => (await access.identify({ token: '', digest }))?.name
    expect([access.known('1')?.name, access.known('2')]).toEqual(['one', undefined])
    const names = await Promise.all(['1', '2', '3', '4'].map(nameOf))
    expect(names).toEqual(['one', 'two', 'three', undefined])
  })
})

describe('loopback', () => {
  test.each([
    '127.0.0.1',
    '127.9.9.9',
    '::1',
    'localhost',
    'LocalHost.',
    'a.localhost',
    '::ffff:127.0.0.1',
  ])('%s is', (host) => expect(isLoopback(host)).toBe(true))
  test.each([
    '0.0.0.0',
    '::',
    '',
    '10.0.0.1',
    '127.1',
    '0x7f.1',
    'localhost.example',
    'notlocalhost',
    '128.0.0.1',
    'fe80::1',
  ])('"%s" is not', (host) => expect(isLoopback(host)).toBe(false))
})
