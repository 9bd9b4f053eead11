import { expect, test } from 'vitest'
import { openedJwt } from './support/opened-jwt.ts'

const CLAIMS = { scopeClaim: 'roles', agentsClaim: 'agents', rules: 'ops = admin' }

test.each([
  ['a text', { roles: 'openid rollcall:read' }, { scope: 'read', patterns: ['*'] }],
  ['a list', { roles: ['other', 'rollcall:admin'] }, { scope: 'admin', patterns: ['*'] }],
  ['the highest one', { roles: ['rollcall:admin', 'rollcall:read'] }, { scope: 'admin' }],
  ['the highest one last', { roles: ['rollcall:read', 'rollcall:admin'] }, { scope: 'admin' }],
  [
    'agents',
    { roles: 'rollcall:agent', agents: ['a:*', 'b', '../c', 7] },
    { scope: 'agent', patterns: ['a:*', 'b'] },
  ],
  [
    'agents as a text',
    { roles: 'rollcall:agent', agents: 'a:*, b' },
    { scope: 'agent', patterns: ['a:*', 'b'] },
  ],
  ['no agents', { roles: 'rollcall:agent' }, { scope: 'agent', patterns: [] }],
  ['a scope of another application', { roles: 'admin customer:admin' }, { scope: 'none' }],
  ['an unknown scope', { roles: 'rollcall:root' }, { scope: 'none' }],
  ['an object', { roles: { 'rollcall:admin': true } }, { scope: 'none' }],
  ['nothing', {}, { scope: 'none', patterns: [] }],
])('claims with %s say what a caller may do', async (_what, claims, expected) => {
  await using jwt = await openedJwt(CLAIMS)
  expect(await jwt.identify(await jwt.provider.token({ claims }))).toMatchObject(expected)
})

test('a rule that fits comes before the claims', async () => {
  await using jwt = await openedJwt(CLAIMS)
  const token = await jwt.provider.token({ claims: { sub: 'ops', roles: 'rollcall:read' } })
  expect(await jwt.identify(token)).toMatchObject({ scope: 'admin' })
})

test('without a claim for agents, a caller with the scope agent may change all', async () => {
  await using jwt = await openedJwt({ scopeClaim: 'roles', rules: '' })
  const token = await jwt.provider.token({ claims: { roles: 'rollcall:agent' } })
  expect(await jwt.identify(token)).toMatchObject({ scope: 'agent', patterns: ['*'] })
})

test('a claim is found by its own name, or by a path', async () => {
  const scopeClaim = 'realm_access.roles'
  await using jwt = await openedJwt({ scopeClaim, rules: '' })
  const nested = { realm_access: { roles: ['rollcall:read'] } }
  expect(await jwt.identify(await jwt.provider.token({ claims: nested }))).toMatchObject({
    scope: 'read',
  })
  const named = { ...nested, [scopeClaim]: ['rollcall:admin'] }
  expect(await jwt.identify(await jwt.provider.token({ claims: named }))).toMatchObject({
    scope: 'admin',
  })
})

test('names of the language itself are no claims', async () => {
  for (const nameClaim of ['constructor.name', '__proto__.constructor.name', 'toString.name']) {
    await using jwt = await openedJwt({ nameClaim })
    await expect(jwt.identify(await jwt.provider.token())).rejects.toThrow('has no usable name')
  }
})

test('what a prototype has is no claim', async () => {
  await using jwt = await openedJwt({ nameClaim: 'realm.owner' })
  const token = await jwt.provider.token({ claims: { realm: {} } })
  Object.defineProperty(Object.prototype, 'owner', { value: 'mallory', configurable: true })
  try {
    await expect(jwt.identify(token)).rejects.toThrow('has no usable name')
  } finally {
    Reflect.deleteProperty(Object.prototype, 'owner')
  }
})
