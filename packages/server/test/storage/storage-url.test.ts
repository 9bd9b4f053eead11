import { describe, expect, test } from 'vitest'
import { TemporaryFolder } from '../../../../test/e2e/support/temporary-folder.ts'
import { createStorageBackend } from '../../src/index.ts'
import { parseStorageUrl } from '../../src/storage/storage-url.ts'
import { registration } from './sample-registration.ts'

describe('a storage URL', () => {
  test.each([
    ['memory:', { kind: 'memory' }],
    ['memory://', { kind: 'memory' }],
    ['sqlite:///rollcall.db', { kind: 'sqlite', path: 'rollcall.db' }],
    ['sqlite:///data/rollcall.db', { kind: 'sqlite', path: 'data/rollcall.db' }],
    ['sqlite:///./x', { kind: 'sqlite', path: './x' }],
    ['sqlite:////var/lib/rollcall.db', { kind: 'sqlite', path: '/var/lib/rollcall.db' }],
    ['sqlite:///:memory:', { kind: 'sqlite', path: ':memory:' }],
    ['sqlite:///with%20space.db', { kind: 'sqlite', path: 'with space.db' }],
    ['sqlite:///100%25.db', { kind: 'sqlite', path: '100%.db' }],
    ['sqlite:///ü.db', { kind: 'sqlite', path: 'ü.db' }],
  ])('%s means %j', (url, location) => {
    expect(parseStorageUrl(url)).toEqual(location)
  })

  test.each([
    '',
    'rollcall.db',
    '/var/lib/rollcall.db',
    'memory',
    'Memory:',
    'memory:x',
    'sqlite:',
    'sqlite://',
    'sqlite:///',
    'sqlite:rollcall.db',
    'sqlite://rollcall.db',
    'sqlite:////var/lib/',
    'sqlite:///x?mode=ro',
    'sqlite:///x#y',
    'SQLITE:///x',
    'mysql://localhost/x',
    'file:///x.db',
  ])('%j is rejected, and the message contains it and the supported forms', (url) => {
    expect(() => parseStorageUrl(url)).toThrow(
      expect.objectContaining({ name: 'RegistryError', code: 'STORAGE_UNUSABLE' }),
    )
    const message = messageOf(() => parseStorageUrl(url))
    expect(message).toContain(`"${url}"`)
    for (const supported of ['memory:', 'sqlite:///rollcall.db', 'sqlite:////var', ':memory:']) {
      expect(message).toContain(supported)
    }
  })

  test('with an invalid percent-encoding is rejected', () => {
    expect(() => parseStorageUrl('sqlite:///100%.db')).toThrow(/"sqlite:\/\/\/100%.db".*percent/)
  })

  test.each([
    'mysql://user:s3cret@host/db',
    'mysql://:s3cret@host/db',
    'mysql://user:p@s3cret@host/db',
    'mysql://user:p/s3cret@host/db',
    'mysql://user:p:s3cret@host/db',
    'mysql://host/db?user=me&password=s3cret',
  ])('does not reveal its password: %s', (url) => {
    const message = messageOf(() => parseStorageUrl(url))
    expect(message).toContain('mysql://')
    expect(message).toContain('host/db')
    expect(message).not.toContain('s3cret')
  })
})

describe('the store at a URL', () => {
  test('is opened', async () => {
    using folder = new TemporaryFolder()
    const urls = {
      'memory:': 'memory',
      'sqlite:///:memory:': 'sqlite',
      [`sqlite:///${folder.file('agents.db')}`]: 'sqlite',
    }
    for (const [url, name] of Object.entries(urls)) {
      await using repository = await createStorageBackend(url)
      expect(repository.capabilities.name).toBe(name)
      expect(await repository.add(registration())).toMatchObject({ revision: 1 })
    }
  })

  test('uses the given options', async () => {
    for (const url of ['memory:', 'sqlite:///:memory:']) {
      await using repository = await createStorageBackend(url, { historyLimit: 2 })
      for (const port of [1, 2, 3]) await repository.add(registration({ port }))
      await expect(repository.eventsSince(0)).rejects.toMatchObject({ code: 'REVISION_GONE' })
      expect(await repository.eventsSince(1)).toHaveLength(2)
    }
  })
})

function messageOf(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    if (error instanceof Error) return error.message
  }
  throw new Error('it did not throw')
}
