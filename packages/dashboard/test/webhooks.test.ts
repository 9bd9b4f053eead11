import { describe, expect, test } from 'vitest'
import { filterWords } from '../src/webhooks/filter-words.ts'
import { commandOf, requestOf, type WebhookForm } from '../src/webhooks/webhook-form.ts'
import { lagOf } from '../src/webhooks/webhook-lag.ts'

describe('a filter in words', () => {
  test.each([
    ['all agents', {}],
    ['all agents', { include_dead: false, tag: [] }],
    ['id team-a:* or reader-1', { agent_id: ['team-a:*', 'reader-1'] }],
    ['capability search, plan, and cite', { capability: ['search', 'plan', 'cite'] }],
    [
      'name Res*; tag papers; status ready or busy; protocol a2a; also expired',
      {
        ...{ name: 'Res*', tag: ['papers'], status: ['ready', 'busy'] },
        ...{ protocol: 'a2a', include_dead: true },
      },
    ],
    ['metadata region:eu-1 and gpu:2', { metadata: ['region:eu-1', 'gpu:2'] }],
    ['words “research eu”', { q: 'research eu' }],
    ['of_the_future x and y', { of_the_future: ['x', 'y'] }],
  ])('is: %s', (words, filter) => {
    expect(filterWords(filter)).toBe(words)
  })
})

describe('a form', () => {
  const form = (filled: Partial<WebhookForm>): WebhookForm => ({
    ...{ url: 'https://a.example', ids: '', capabilities: '', tags: '', metadata: '' },
    statuses: [],
    ...filled,
  })

  test('without conditions is a webhook for all agents', () => {
    const request = requestOf(form({ url: ' https://a.example ', ids: ' ', tags: ' , ' }))
    expect(request).toEqual({ url: 'https://a.example' })
    expect(commandOf('http://r:9000', request)).toBe(
      "rollcall webhook create 'https://a.example' --registry http://r:9000",
    )
  })

  test('has the conditions that are filled in, and the command creates the same webhook', () => {
    const request = requestOf(
      form({
        ...{ ids: 'team-a:* one', capabilities: 'search, plan a trip', tags: "it's" },
        ...{ metadata: 'region:eu:1', statuses: ['ready', 'busy'] },
      }),
    )
    expect(request.filter).toEqual({
      ...{ agent_id: ['team-a:*', 'one'], capability: ['search', 'plan a trip'], tag: ["it's"] },
      ...{ metadata: ['region:eu:1'], status: ['ready', 'busy'] },
    })
    expect(commandOf('http://r:9000', request).split(' \\\n  ').slice(1)).toEqual([
      ...["--id 'team-a:*'", "--id 'one'", "--capability 'search'", "--capability 'plan a trip'"],
      ...["--tag 'it'\\''s'", "--metadata 'region=eu:1'", "--status 'ready'", "--status 'busy'"],
    ])
  })
})

describe('how far a webhook is behind', () => {
  const health = { branch: 'b', revision: 42 }
  test.each([
    ['the changes that follow its position', 'b:40', health, 2],
    ['nothing, if its position was read after the health', 'b:43', health, 0],
    ['unknown on another branch of the history', 'a:40', health, undefined],
    ['unknown until the health was read', 'b:40', undefined, undefined],
  ])('is %s', (_what, position, known, expected) => {
    expect(lagOf(position, known)).toBe(expected)
  })
})
