// A token file at every moment of being written, and in every state that a mistake could leave it in.
import { mkdir, rm, truncate, writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { digestOf } from '../../src/access/access-token.ts'
import { TokenFile } from '../../src/access/token-file.ts'
import { parseTokenList } from '../../src/access/token-list.ts'
import { type TokenFileOnDisk, tokenFile } from '../access/support/token-file-on-disk.ts'

const TOKENS = {
  ops: 'the-secret-of-the-operators-with-more-than-32-characters',
  ci: 'the-secret-of-the-pipeline-with-more-than-32-characters',
  web: 'the-secret-of-the-dashboard-with-more-than-32-characters',
}
const TEXT = `# who may call
ops admin * ${TOKENS.ops}
ci agent team-a:*,shared sha256:${digestOf(TOKENS.ci)}
web read * ${TOKENS.web}
`
const COMPLETE = parseTokenList(TEXT)

test('no beginning of a file gives a token more than the whole file does', () => {
  for (let length = 0; length < TEXT.length; length++) {
    let principals: ReturnType<typeof parseTokenList>
    try {
      principals = parseTokenList(TEXT.slice(0, length))
    } catch {
      continue
    }
    for (const [name, token] of Object.entries(TOKENS)) {
      const found = principals.get(digestOf(token))
      if (found) expect(found).toEqual(COMPLETE.get(digestOf(token)))
      // A token that is not complete yet is one that nobody has; it is still too long to be guessed.
      const cut = [...principals.values()].find((it) => it.name === name)
      if (cut && !found) expect(TEXT.slice(0, length)).toMatch(/ [\w-]{32,}$/)
    }
  }
})

test('no end of a file gives a token more than the whole file does', () => {
  for (let start = 1; start < TEXT.length; start++) {
    let principals: ReturnType<typeof parseTokenList>
    try {
      principals = parseTokenList(TEXT.slice(start))
    } catch {
      continue
    }
    for (const token of Object.values(TOKENS)) {
      const found = principals.get(digestOf(token))
      const { scope, patterns } = COMPLETE.get(digestOf(token)) ?? {}
      if (found) expect(found).toMatchObject({ scope, patterns })
    }
  }
})

describe('a file in force', () => {
  let disk: TokenFileOnDisk
  let file: TokenFile
  let reports: string[]
  beforeEach(async () => {
    disk = await tokenFile(`ops admin * ${TOKENS.ops}`)
    reports = []
    file = await TokenFile.open(disk.path, {
      reloaded: (tokens) => reports.push(`${tokens}`),
      failed: (problem) => reports.push(problem),
    })
  })
  afterEach(() => disk[Symbol.asyncDispose]())

  const settle = async () => {
    for (let look = 0; look < 3; look++) await file.check()
  }

  test.each([
    ['is emptied', () => truncate(disk.path, 0)],
    ['has only comments', () => disk.write('# nothing')],
    ['is replaced by a folder', () => rm(disk.path).then(() => mkdir(disk.path))],
    ['is removed', () => rm(disk.path)],
    ['is binary', () => writeFile(disk.path, Buffer.from([0, 255, 254, 10, 0]))],
    ['has one invalid line', () => disk.write(`ops admin * ${TOKENS.ops}`, 'intruder admin')],
    ['is a list in another format', () => disk.write('{"tokens":[]}')],
  ])(
    'stays in force when it %s, and the log says so once, without a token',
    async (_how, change) => {
      await change()
      await settle()
      expect(file.known(digestOf(TOKENS.ops))).toMatchObject({ scope: 'admin' })
      expect(file.known(digestOf(TOKENS.web))).toBeUndefined()
      expect(reports).toHaveLength(1)
      expect(reports[0]).not.toContain(TOKENS.ops)
      expect(reports[0]).not.toContain(TOKENS.web)
    },
  )

  test('that grows byte by byte is not in force before it is complete twice', async () => {
    await truncate(disk.path, 0)
    for (let length = 0; length < TEXT.length; length += 7) {
      await writeFile(disk.path, TEXT.slice(0, length))
      await file.check()
      expect(file.known(digestOf(TOKENS.ops))).toBeDefined()
      expect(file.known(digestOf(TOKENS.web))).toBeUndefined()
    }
    await writeFile(disk.path, TEXT)
    await settle()
    for (const [digest, principal] of COMPLETE) expect(file.known(digest)).toEqual(principal)
    expect(reports).toEqual(['3'])
  })
})
