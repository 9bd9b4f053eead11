import { describe, expect, test } from 'vitest'
import { digestOf } from '../../src/access/access-token.ts'
import { parseTokenList } from '../../src/access/token-list.ts'

const TOKEN = 'a-secret-of-at-least-32-characters'
const HASH = `sha256:${digestOf(TOKEN)}`

describe('a list of tokens', () => {
  test('has a principal in each line, with its scope and patterns', () => {
    const list = `# who may call\n\nci agent team-a:*,shared-1 ${TOKEN}\r\n  ops\tadmin  *  ${TOKEN}2\n`
    expect([...parseTokenList(list).values()]).toEqual([
      {
        ...{ kind: 'token', name: 'ci', scope: 'agent', patterns: ['team-a:*', 'shared-1'] },
        reads: undefined,
      },
      { kind: 'token', name: 'ops', scope: 'admin', patterns: ['*'], reads: undefined },
    ])
  })

  test('has the agents that a token sees before it, besides those that it may change', () => {
    const reads = (line: string) => [...parseTokenList(line).values()].map((it) => it.reads)
    expect(reads(`ui read * reads=team-a:*,lobby ${TOKEN}`)).toEqual([['lobby', 'team-a:*']])
    expect(reads(`ci agent team-a:* reads=lobby ${TOKEN}`)).toEqual([['lobby', 'team-a:*']])
    expect(reads(`ci agent team-a:* reads=team-a:1 ${TOKEN}`)).toEqual([['team-a:*']])
    for (const all of [`ui read * reads=* ${TOKEN}`, `ui agent team-a:* reads=b,* ${TOKEN}`]) {
      expect(reads(all), all).toEqual([undefined])
    }
  })

  test('finds a token by its digest, in clear text or hashed', () => {
    for (const token of [TOKEN, HASH, HASH.toUpperCase().replace('SHA256', 'sha256')]) {
      expect(parseTokenList(`ci agent * ${token}`).get(digestOf(TOKEN))?.name).toBe('ci')
    }
  })

  test.each([
    ['', 'there is no token in it'],
    ['# nothing', 'there is no token in it'],
    [`ci agent ${TOKEN}`, 'line 1 must be: name scope patterns token'],
    [`ci agent * more ${TOKEN}`, 'line 1 may have nothing but reads=patterns between'],
    [`ci read * ${TOKEN} reads=a`, 'line 1 may have nothing but reads=patterns between'],
    [`ci read * reads=${'x'.repeat(40)}`, 'line 1 has an invalid token'],
    [`ci agent a reads=a reads=b ${TOKEN}`, 'line 1 must be: name scope patterns token'],
    [`ci read * reads= ${TOKEN}`, 'line 1 has an invalid pattern'],
    [`ci read * reads=a,b** ${TOKEN}`, 'line 1 has an invalid pattern'],
    [`ci admin * reads=a ${TOKEN}`, 'line 1 has reads that must be *: the scope admin sees all'],
    [
      `ci agent * reads=a ${TOKEN}`,
      'line 1 has reads that must be *: a token sees the agents that',
    ],
    [`c\u00ef agent * ${TOKEN}`, 'line 1 has an invalid name'],
    [`${'x'.repeat(129)} agent * ${TOKEN}`, 'line 1 has an invalid name'],
    [`ci write * ${TOKEN}`, 'line 1 must have one of the scopes read, agent, admin'],
    [`ci agent team-a** ${TOKEN}`, 'line 1 has an invalid pattern'],
    [`ci agent , ${TOKEN}`, 'line 1 has an invalid pattern'],
    [`ci agent ${'x'.repeat(257)} ${TOKEN}`, 'line 1 has an invalid pattern'],
    [`ci read team-a:* ${TOKEN}`, 'line 1 must have the pattern *'],
    [`ci admin team-a:* ${TOKEN}`, 'line 1 must have the pattern *'],
    [`ci agent * ${TOKEN.slice(0, 31)}`, 'line 1 has an invalid token'],
    [`ci agent * ${TOKEN}"`, 'line 1 has an invalid token'],
    [`ci agent * ${HASH.slice(0, -1)}`, 'line 1 has an incomplete hash'],
    [`ci agent * ${TOKEN}\nb read * ${HASH}`, 'line 2 has the token of another line'],
  ])('that is %j is refused', (text, problem) => {
    expect(() => parseTokenList(text)).toThrow(problem)
  })

  test.each([`ci agent ${TOKEN}`, `ci agent * ${TOKEN}"`, `${TOKEN}" agent * x`])(
    'that is refused is never quoted: %#',
    (line) => {
      const problem = () => parseTokenList(line)
      expect(problem).toThrow(/^line 1 /)
      expect(problem).not.toThrow(TOKEN)
    },
  )
})
