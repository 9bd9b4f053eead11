import { expect, test } from 'vitest'
import { IdentityRules } from '../../src/access/identity-rules.ts'

const grant = (rules: string, name: string) => IdentityRules.parse(rules).grantOf(name)

test('the first rule whose name fits decides', () => {
  const rules = 'alice = admin; al** = agent a:*,b ;\n\n** = read'
  expect(grant(rules, 'alice')).toMatchObject({ scope: 'admin', patterns: ['*'] })
  expect(grant(rules, 'alfred')).toMatchObject({ scope: 'agent', patterns: ['a:*', 'b'] })
  expect(grant(rules, 'bob')).toMatchObject({ scope: 'read', patterns: ['*'] })
})

test('without a rule that fits, nothing is granted', () => {
  expect(grant('alice = admin', 'Alice')).toBeUndefined()
  expect(grant('alice = admin', 'alice2')).toBeUndefined()
  expect(grant('alice = admin', 'malice')).toBeUndefined()
  expect(grant('', 'alice')).toBeUndefined()
})

test.each([
  ['system:serviceaccount:team-a:*', 'system:serviceaccount:team-a:crawler', true],
  ['system:serviceaccount:team-a:*', 'system:serviceaccount:team-a:', false],
  ['system:serviceaccount:team-a:*', 'system:serviceaccount:team-ab:crawler', false],
  ['system:serviceaccount:*:crawler', 'system:serviceaccount:a:b:crawler', false],
  ['spiffe://prod.example/ns/*/sa/*', 'spiffe://prod.example/ns/a/sa/b', true],
  ['spiffe://prod.example/ns/*/sa/*', 'spiffe://prod.example/ns/a/x/sa/b', false],
  ['spiffe://prod.example/**', 'spiffe://prod.example/ns/a/sa/b', true],
  ['spiffe://prod.example/**', 'spiffe://prod-example/ns/a', false],
  ['*@example.com', 'alice@example.com', true],
  ['*@example.com', 'alice@example.com.evil.org', false],
  ['a+b (c)', 'a+b (c)', true],
  ['a.c', 'abc', false],
])('the name "%s" and "%s"', (pattern, name, fits) => {
  expect(grant(`${pattern} = read`, name) !== undefined).toBe(fits)
})

test('parts of the name can be parts of ids', () => {
  const rules = 'spiffe://*/ns/*/** = agent $2:*,shared.$2'
  expect(grant(rules, 'spiffe://prod.example/ns/team-a/sa/b')).toMatchObject({
    scope: 'agent',
    patterns: ['team-a:*', 'shared.team-a'],
  })
})

test('reads limit what an identity sees, and can be parts of the name; without them, it sees all', () => {
  const rules = 'a:* = agent $1:* reads=$1:*,shared:*; b:* = read reads=$1:*; c:* = agent $1:*'
  expect(grant(rules, 'a:x')).toEqual({
    scope: 'agent',
    patterns: ['x:*'],
    reads: ['x:*', 'shared:*'],
  })
  expect(grant(rules, 'b:x')).toEqual({ scope: 'read', patterns: ['*'], reads: ['x:*'] })
  expect(grant(rules, 'c:x')).toEqual({ scope: 'agent', patterns: ['x:*'], reads: ['*'] })
  expect(grant(rules, 'b:x y')).toBeUndefined()
})

test.each([
  ['* = agent $1:*', false],
  ['alice = admin; bob = read reads=*', false],
  ['alice = admin; bob = read reads=b:*', true],
])('whether the rules "%s" limit reads', (rules, limit) => {
  expect(IdentityRules.parse(rules).limitReads).toBe(limit)
})

test('a part that is not part of an id grants nothing', () => {
  for (const name of ['*', 'team a', 'a@b', 'tëam', '$1', 'a*']) {
    expect(grant('* = agent $1; ', name)).toBeUndefined()
    expect(grant('* = agent $1:*', name)).toBeUndefined()
  }
  expect(grant('** = agent $1:*', 'a:b')).toBeUndefined()
  expect(grant('* = agent $1', '..')).toBeUndefined()
  expect(grant('* = agent $1', 'a'.repeat(255))).toMatchObject({ scope: 'agent' })
  expect(grant('* = agent $1.x', 'a'.repeat(255))).toBeUndefined()
})

test.each([
  ['alice', 'must be NAME = SCOPE PATTERNS'],
  ['alice = ', 'must be NAME = SCOPE PATTERNS'],
  ['alice=admin', 'must be NAME = SCOPE PATTERNS'],
  ['= admin', 'must be NAME = SCOPE PATTERNS'],
  ['alice = root', 'one of the scopes read, agent, admin'],
  ['alice = agent', 'must end with the agents'],
  ['alice = agent a b', 'must be NAME = SCOPE PATTERNS'],
  ['alice = agent a,', 'has an invalid pattern'],
  ['alice = agent *:b', 'has an invalid pattern'],
  ['alice = read a:*', 'must have the pattern *'],
  ['alice = read reads=', 'must be NAME = SCOPE PATTERNS'],
  ['alice = read reads=a,', 'has an invalid pattern'],
  ['alice = read reads=a b', 'must be NAME = SCOPE PATTERNS'],
  ['alice = admin reads=a', 'the scope admin sees all agents'],
  ['a:* = read reads=$2', 'has $2, but its name has 1 wildcards'],
  ['a*** = read', 'has a wildcard other than'],
  ['*-*-*-* = read', 'has more than 3 wildcards'],
  ['a:* = agent $2', 'has $2, but its name has 1 wildcards'],
  ['a:* = agent $0', 'has $0, but its name has 1 wildcards'],
])('the rule "%s" is an error that quotes it', (rule, reason) => {
  const parse = () => IdentityRules.parse(`bob = read; ${rule}`)
  expect(parse).toThrow(reason)
  expect(parse).toThrow(`the rule "${rule.trim()}"`)
})
