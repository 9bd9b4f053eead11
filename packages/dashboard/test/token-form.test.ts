import { expect, test } from 'vitest'
import { commandOf, requestOf, type TokenForm } from '../src/tokens/token-form.ts'

const form = (filled: Partial<TokenForm>): TokenForm => ({
  ...{ name: 'ci', scope: 'read', agents: '', reads: '', lifetime: 'never' },
  ...filled,
})

test.each<[string, Partial<TokenForm>, object]>([
  ['nothing else', {}, {}],
  [
    'the agents that it may change, and those that it sees',
    { scope: 'agent', agents: ' team-a:*,  b ', reads: 'team-*' },
    { scope: 'agent', agents: ['team-a:*', 'b'], reads: ['team-*'] },
  ],
  ['no agents to change for the scope read', { agents: 'a', reads: 'b c' }, { reads: ['b', 'c'] }],
  [
    'no patterns for the scope admin',
    { scope: 'admin', agents: 'a', reads: 'b' },
    { scope: 'admin' },
  ],
  ['when it expires', { lifetime: '30 days' }, { expires_in_seconds: 2_592_000 }],
])('a request has a name, a scope and %s', (_what, filled, expected) => {
  expect(requestOf(form(filled))).toEqual({ name: 'ci', scope: 'read', ...expected })
})

test('the command creates the same token', () => {
  const request = requestOf(
    form({ name: "it's", scope: 'agent', agents: 'a:*', reads: 'a:* b', lifetime: '90 days' }),
  )
  expect(commandOf('http://r:9000', request)).toBe(
    `rollcall token create --registry http://r:9000 \\
  --name 'it'\\''s' --scope agent \\
  --agents 'a:*' \\
  --reads 'a:*,b' \\
  --expires 90d`,
  )
})
