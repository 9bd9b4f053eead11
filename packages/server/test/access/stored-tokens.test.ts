// Tokens of every store: durable, in order, refused once they are revoked or expired, also on other nodes.
import {
  type AgentRegistryRepository,
  copyRegistry,
  createStorageBackend,
  openTokens,
  type TokenOrder,
  tokenStoreOf,
} from '@rollcall/server'
import { ManualClock } from '@rollcall/server/testing'
import { describe, expect, test } from 'vitest'
import { queryOnce } from '../../../../test/postgres/support/postgres-client.ts'
import { freshStore } from '../../../../test/stores/fresh-store.ts'
import { digestOf, newToken } from '../../src/access/access-token.ts'
import { StoredTokens } from '../../src/access/stored-tokens.ts'
import { PostgresTokenStore } from '../../src/storage/postgres/token-store.ts'
import { storeWithoutTokens } from './support/store-without-tokens.ts'

const ORDER: TokenOrder = {
  name: 'ci',
  scope: 'agent',
  patterns: ['team-a:*', 'shared-1'],
  reads: ['team-a:*', 'lobby'],
  createdBy: 'alice',
}

/** Opens the tokens of a store as a server does. */
async function tokensOf(store: AgentRegistryRepository, clock = new ManualClock()) {
  const tokenStore = tokenStoreOf(store)
  if (tokenStore === undefined) throw new Error('the store keeps no tokens')
  let times = 0
  const isShared = store.capabilities.shared
  const found = () => void times++
  const tokens = new StoredTokens({ store: tokenStore, clock, isShared, found })
  await tokens.open()
  const known = (text: string) => tokens.known(digestOf(text))
  return { tokens, known, clock, timesFound: () => times }
}

describe.each(['memory', 'sqlite', 'postgres'] as const)('%s', (name) => {
  async function withStore(work: (open: () => Promise<AgentRegistryRepository>) => Promise<void>) {
    if (name === 'memory') return work(() => createStorageBackend('memory:'))
    await using fresh = await freshStore(name)
    await work(() => createStorageBackend(fresh.url))
  }

  test('a token is known from when it is created until it is revoked', () =>
    withStore(async (open) => {
      await using store = await open()
      const { tokens, known, timesFound } = await tokensOf(store)
      expect([await tokens.list(), timesFound()]).toEqual([[], 0])
      const { token, text } = await tokens.create(ORDER)
      expect(text).toMatch(new RegExp(`^rct_${token.id}_[\\w-]{43}$`))
      expect(known(text)).toEqual({
        kind: 'token',
        name: 'ci',
        scope: 'agent',
        patterns: ORDER.patterns,
        reads: ['lobby', 'shared-1', 'team-a:*'],
      })
      expect(timesFound()).toBe(1)
      expect([await tokens.revoke('000000000000'), known(text) !== undefined]).toEqual([
        false,
        true,
      ])
      expect([await tokens.revoke(token.id), known(text)]).toEqual([true, undefined])
      expect([await tokens.revoke(token.id), await tokens.list()]).toEqual([false, []])
      tokens.close()
    }))

  test('the text of a token is stored nowhere', () =>
    withStore(async (open) => {
      await using store = await open()
      const { tokens } = await tokensOf(store)
      const { text } = await tokens.create(ORDER)
      const stored = JSON.stringify(await tokenStoreOf(store)?.list())
      expect(stored).not.toContain(text.slice(-43))
      expect(stored).toContain(digestOf(text))
      tokens.close()
    }))

  test('a token is refused from the moment on at which it expires', () =>
    withStore(async (open) => {
      await using store = await open()
      const { tokens, known, clock } = await tokensOf(store)
      const { token, text } = await tokens.create({ ...ORDER, expiresInSeconds: 60 })
      expect(token.expiresAtMs).toBe(token.createdAtMs + 60_000)
      clock.advance(59_999)
      expect(known(text)).toBeDefined()
      clock.advance(1)
      expect(known(text)).toBeUndefined()
      expect(await tokens.list()).toEqual([token])
      tokens.close()
    }))

  test('tokens are listed in the order of their creation', () =>
    withStore(async (open) => {
      await using store = await open()
      const { tokens, clock } = await tokensOf(store)
      const created: string[] = []
      for (let count = 0; count < 5; count++) {
        clock.advance(1)
        created.push((await tokens.create(ORDER)).token.id)
      }
      expect((await tokens.list()).map(({ id }) => id)).toEqual(created)
      tokens.close()
    }))
})

describe.each(['sqlite', 'postgres'] as const)('%s', (name) => {
  test('tokens survive a restart', async () => {
    await using fresh = await freshStore(name)
    const first = await createStorageBackend(fresh.url)
    const before = await tokensOf(first)
    const { token, text } = await before.tokens.create({ ...ORDER, expiresInSeconds: 3600 })
    const revoked = await before.tokens.create(ORDER)
    await before.tokens.revoke(revoked.token.id)
    before.tokens.close()
    await first.close()
    await using second = await createStorageBackend(fresh.url)
    const after = await tokensOf(second)
    expect([await after.tokens.list(), after.timesFound()]).toEqual([[token], 1])
    expect(after.known(text)).toBeDefined()
    after.tokens.close()
  })

  test('a token is created without a registry before the first start, and is in force then', async () => {
    await using fresh = await freshStore(name)
    let text: string
    {
      await using tokens = await openTokens(fresh.url)
      const created = await tokens.create(ORDER)
      text = created.text
      expect(await tokens.list()).toEqual([created.token])
      const second = await tokens.create(ORDER)
      expect(await tokens.revoke(second.token.id)).toBe(true)
    }
    await using store = await createStorageBackend(fresh.url)
    const { tokens, known } = await tokensOf(store)
    expect(known(text)).toBeDefined()
    tokens.close()
  })
})

test('the tokens of a file in use cannot be changed without its registry', async () => {
  await using fresh = await freshStore('sqlite')
  await using _registry = await createStorageBackend(fresh.url)
  await expect(openTokens(fresh.url)).rejects.toMatchObject({
    code: 'STORAGE_UNUSABLE',
    message: expect.stringContaining('is in use by another Rollcall'),
  })
})

test('a file that does not exist is created only for a new token', async () => {
  await using fresh = await freshStore('sqlite')
  await expect(openTokens(fresh.url, { mustExist: true })).rejects.toThrow('no longer exists')
  await expect(openTokens('memory:')).rejects.toMatchObject({ code: 'STORAGE_UNUSABLE' })
})

test('tokens move to PostgreSQL with their registry', async () => {
  await using file = await freshStore('sqlite')
  await using database = await freshStore('postgres')
  let text: string
  {
    await using tokens = await openTokens(file.url)
    text = (await tokens.create({ ...ORDER, expiresInSeconds: 3600 })).text
  }
  await copyRegistry({ from: file.url, to: database.url })
  await using tokens = await openTokens(database.url)
  expect(await tokens.list()).toMatchObject([{ name: 'ci', hash: digestOf(text) }])
})

test('a store of users need not keep tokens', async () => {
  await using store = await storeWithoutTokens()
  expect(tokenStoreOf(store)).toBeUndefined()
})

describe('two nodes', () => {
  async function nodes() {
    const fresh = await freshStore('postgres')
    const [one, two] = await Promise.all([
      createStorageBackend(fresh.url),
      createStorageBackend(fresh.url),
    ])
    const [a, b] = [await tokensOf(one), await tokensOf(two)]
    return {
      a,
      b,
      [Symbol.asyncDispose]: async () => {
        a.tokens.close()
        b.tokens.close()
        await Promise.all([one.close(), two.close()])
        await fresh[Symbol.asyncDispose]()
      },
    }
  }

  test('a token is accepted on the other node at once', async () => {
    await using pair = await nodes()
    const { text } = await pair.a.tokens.create(ORDER)
    const digest = digestOf(text)
    expect(await pair.b.tokens.lookUp({ token: text, digest })).toMatchObject({ name: 'ci' })
    expect(await pair.b.tokens.lookUp({ token: 'x', digest: digestOf('x') })).toBeUndefined()
  })

  test('a revoked token is refused on the other node, without a request', async () => {
    await using pair = await nodes()
    const { token, text } = await pair.a.tokens.create(ORDER)
    await expect.poll(() => pair.b.known(text)).toBeDefined()
    await pair.a.tokens.revoke(token.id)
    await expect.poll(() => pair.b.known(text)).toBeUndefined()
  })

  test('the database returns no token again until one changes', async () => {
    await using fresh = await freshStore('postgres')
    await (await createStorageBackend(fresh.url)).close()
    const sizes: number[] = []
    const run = async <Row extends object>(
      { text }: { text: string },
      values: readonly unknown[],
    ) => {
      const rows = await queryOnce<Row>(fresh.url, text, [...values])
      sizes.push(rows.filter((row) => 'id' in row && row.id !== null).length)
      return rows
    }
    const store = new PostgresTokenStore({ read: run, write: run })
    const { token } = newToken(ORDER, 1)
    await store.create(token)
    sizes.length = 0
    for (let count = 0; count < 3; count++) expect(await store.list()).toEqual([token])
    expect(sizes).toEqual([1, 0, 0])
  })

  test('nothing changes for a node until a token changes', async () => {
    await using pair = await nodes()
    await pair.a.tokens.create(ORDER)
    const before = await pair.b.tokens.list()
    expect(await pair.b.tokens.list()).toBe(before)
    await pair.a.tokens.create(ORDER)
    expect(await pair.b.tokens.list()).toHaveLength(2)
  })
})

test('a database that cannot be used is an error that says so', async () => {
  await using fresh = await freshStore('postgres')
  const url = fresh.url.replace(/\/[^/?]*\?/, '/no_such_database?')
  await expect(openTokens(url)).rejects.toMatchObject({
    code: 'STORAGE_UNUSABLE',
    message: expect.stringContaining('no_such_database'),
  })
  await expect(openTokens(fresh.url, { schema: 'x'.repeat(60) })).rejects.toMatchObject({
    code: 'STORAGE_UNUSABLE',
  })
})
