import { randomBytes } from 'node:crypto'
import { existsSync, statSync } from 'node:fs'
import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { pid } from 'node:process'
import Database from 'better-sqlite3'
import { describe, expect, test } from 'vitest'
import { TemporaryFolder } from '../../../../../test/e2e/support/temporary-folder.ts'
import { SqliteAgentRegistryRepository } from '../../../src/index.ts'
import { takeLock } from '../../../src/storage/sqlite/file/file-lock.ts'
import { registration } from '../sample-registration.ts'

const unusable = { name: 'RegistryError', code: 'STORAGE_UNUSABLE' }

/** Creates a file with some agents, and closes it. */
async function createFile(path: string, agents = 1): Promise<void> {
  await using repository = await SqliteAgentRegistryRepository.open(path)
  const ids = Array.from({ length: agents }, (_, index) => `agent-${index}`)
  await Promise.all(ids.map((agentId) => repository.add(registration({ agentId }))))
}

/** Creates a file that an earlier process wrote, and damages it. */
async function damage(path: string, harm: (bytes: Buffer) => Buffer): Promise<void> {
  await createFile(path, 2_000)
  const db = new Database(path)
  db.exec(`UPDATE registry SET owner_pid = ${pid + 1}`)
  db.close()
  await writeFile(path, harm(await readFile(path)))
}

/** Faster than `toEqual`, which compares byte by byte. */
async function hasBytes(path: string, bytes: Buffer): Promise<boolean> {
  return bytes.equals(await readFile(path))
}

async function openError(path: string): Promise<string> {
  const opening = SqliteAgentRegistryRepository.open(path)
  await expect(opening).rejects.toMatchObject(unusable)
  return opening.then(
    () => '',
    (error: Error) => error.message,
  )
}

describe('a file in use', () => {
  test('is rejected with its name and the process that uses it', async () => {
    using folder = new TemporaryFolder()
    const path = folder.file('agents.db')
    await using first = await SqliteAgentRegistryRepository.open(path)
    await first.add(registration())
    const message = await openError(path)
    expect(message).toContain(path)
    expect(message).toContain(`process ${pid}`)
    expect(await first.add(registration({ agentId: 'second' }))).toMatchObject({ revision: 2 })
  })

  test('is rejected under any of its names', async () => {
    using folder = new TemporaryFolder()
    const path = folder.file('agents.db')
    const link = folder.file('link.db')
    await using first = await SqliteAgentRegistryRepository.open(path)
    await first.checkWritable()
    await symlink(path, link)
    expect(await openError(link)).toContain('in use by another Rollcall')
  })

  test('is available again once it is closed, and a leftover lock file does not block it', async () => {
    using folder = new TemporaryFolder()
    const path = folder.file('agents.db')
    await writeFile(`${path}.lock`, '')
    await createFile(path)
    await using again = await SqliteAgentRegistryRepository.open(path)
    expect(await again.counts()).toMatchObject({ registered: 1, revision: 1 })
  })
})

describe('the files of a registry', () => {
  const modes = (path: string) =>
    ['', '-wal', '-shm', '.lock'].map((suffix) => statSync(`${path}${suffix}`).mode & 0o777)

  test('are accessible to their owner only, whatever the umask', async () => {
    using folder = new TemporaryFolder()
    const path = folder.file('agents.db')
    const umask = process.umask(0)
    try {
      await using registry = await SqliteAgentRegistryRepository.open(path)
      await registry.add(registration())
      expect(modes(path)).toEqual([0o600, 0o600, 0o600, 0o600])
    } finally {
      process.umask(umask)
    }
  })

  test('keep their permissions', async () => {
    using folder = new TemporaryFolder()
    const path = folder.file('agents.db')
    await createFile(path)
    await chmod(path, 0o640)
    await chmod(`${path}.lock`, 0o644)
    await using registry = await SqliteAgentRegistryRepository.open(path)
    await registry.add(registration())
    expect(modes(path)).toEqual([0o640, 0o640, 0o640, 0o644])
  })
})

test('a lock stays exclusive when its file is removed and created again', async () => {
  using folder = new TemporaryFolder()
  const path = folder.file('agents.db')
  const first = takeLock(path)
  expect(() => takeLock(path)).toThrow('locked')
  first.discard()
  expect(existsSync(`${path}.lock`)).toBe(false)
  const second = takeLock(path)
  expect(() => takeLock(path)).toThrow('locked')
  second.release()
  expect(existsSync(`${path}.lock`)).toBe(true)
  // The file already existed, so this holder does not remove it.
  takeLock(path).discard()
  expect(existsSync(`${path}.lock`)).toBe(true)
})

describe('a file that is not a registry', () => {
  test('is rejected and left unchanged: random bytes', async () => {
    using folder = new TemporaryFolder()
    const path = folder.file('garbage.db')
    const bytes = randomBytes(20_000)
    await writeFile(path, bytes)
    const message = await openError(path)
    expect(message).toContain(path)
    expect(message).toContain('is damaged')
    expect(message).toContain('backup')
    expect(await hasBytes(path, bytes)).toBe(true)
  })

  test('is rejected and left unchanged: a text', async () => {
    using folder = new TemporaryFolder()
    const path = folder.file('notes.txt')
    await writeFile(path, 'Buy milk.\n'.repeat(100))
    expect(await openError(path)).toContain(path)
    expect(await readFile(path, 'utf8')).toBe('Buy milk.\n'.repeat(100))
  })

  test('is rejected and left unchanged: a database of another program', async () => {
    using folder = new TemporaryFolder()
    const path = folder.file('other.db')
    const other = new Database(path)
    other.exec('CREATE TABLE agents (id INTEGER); INSERT INTO agents VALUES (1)')
    other.close()
    const bytes = await readFile(path)
    const message = await openError(path)
    expect(message).toContain(path)
    expect(message).toContain('another program')
    expect(await hasBytes(path, bytes)).toBe(true)
  })

  test('is rejected and left unchanged: a registry written by a newer version', async () => {
    using folder = new TemporaryFolder()
    const path = folder.file('newer.db')
    await createFile(path)
    const db = new Database(path)
    const schema = db.pragma('user_version', { simple: true })
    db.pragma('user_version = 99')
    db.close()
    const bytes = await readFile(path)
    const message = await openError(path)
    expect(message).toContain(path)
    expect(message).toContain(`schema 99; this version supports ${schema}`)
    expect(await hasBytes(path, bytes)).toBe(true)
  })
})

describe('a damaged registry', () => {
  test.each([
    { keep: 100, what: 'only its header' },
    { keep: 1_000, what: 'less than a page' },
    { keep: 4_096, what: 'one page' },
    { keep: 0.5, what: 'half of it' },
    { keep: 0.99, what: 'almost all of it' },
  ])('is rejected and left unchanged when $what is left', async ({ keep }) => {
    using folder = new TemporaryFolder()
    const path = folder.file('agents.db')
    await damage(path, (bytes) => bytes.subarray(0, keep < 1 ? bytes.length * keep : keep))
    const left = await readFile(path)
    const message = await openError(path)
    expect(message).toContain(path)
    expect(message).toContain('is damaged')
    expect(await hasBytes(path, left)).toBe(true)
  })

  test('is rejected and left unchanged when pages in its middle are overwritten', async () => {
    using folder = new TemporaryFolder()
    const path = folder.file('agents.db')
    await damage(path, (bytes) => {
      randomBytes(bytes.length / 4).copy(bytes, bytes.length / 2)
      return bytes
    })
    const left = await readFile(path)
    expect(await openError(path)).toContain(path)
    expect(await hasBytes(path, left)).toBe(true)
  })
})

describe('a path that cannot be opened', () => {
  test('is reported with the reason: the folder does not exist', async () => {
    using folder = new TemporaryFolder()
    const path = folder.file('missing/agents.db')
    expect(await openError(path)).toBe(
      `${path} cannot be opened: the folder ${folder.file('missing')} does not exist.`,
    )
  })

  test('is reported with the reason: it is a folder', async () => {
    using folder = new TemporaryFolder()
    const path = folder.file('agents.db')
    await mkdir(path)
    expect(await openError(path)).toBe(`${path} cannot be opened: it is a folder. Specify a file.`)
  })
})
