import { rename, rm, symlink, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { digestOf } from '../../src/access/access-token.ts'
import { TokenFile } from '../../src/access/token-file.ts'
import { type TokenFileOnDisk, tokenFile } from './support/token-file-on-disk.ts'

const OLD = 'the-old-secret-of-32-or-more-characters'
const NEW = 'the-new-secret-of-32-or-more-characters'
const line = (token: string) => `ci agent * ${token}`

/** Opens a file, and notes what is reported about it. */
async function open({ path }: TokenFileOnDisk) {
  const reports: string[] = []
  const file = await TokenFile.open(path, {
    reloaded: (tokens) => reports.push(`${tokens} tokens`),
    failed: (problem) => reports.push(problem),
  })
  const knows = (token: string) => file.known(digestOf(token)) !== undefined
  return { file, reports, knows }
}

test('a change is in force once the file was found so twice', async () => {
  await using disk = await tokenFile(line(OLD))
  const { file, reports, knows } = await open(disk)
  await file.check()
  expect([knows(OLD), reports]).toEqual([true, []])
  await disk.write(line(NEW), `b read * ${OLD}-2`)
  await file.check()
  expect([knows(OLD), knows(NEW)]).toEqual([true, false])
  await file.check()
  await file.check()
  expect([knows(OLD), knows(NEW), reports]).toEqual([false, true, ['2 tokens']])
})

test('a file that is half written changes nothing, and is reported once', async () => {
  await using disk = await tokenFile(line(OLD))
  const { file, reports, knows } = await open(disk)
  for (const part of ['', 'ci agent', line(NEW).slice(0, 30)]) {
    await writeFile(disk.path, part)
    for (let look = 0; look < 3; look++) await file.check()
    expect(knows(OLD)).toBe(true)
  }
  expect(reports).toEqual([
    'there is no token in it',
    'line 1 must be: name scope patterns token',
    expect.stringContaining('line 1 has an invalid token'),
  ])
  await disk.write(line(NEW))
  for (let look = 0; look < 2; look++) await file.check()
  expect([knows(OLD), knows(NEW), reports.at(-1)]).toEqual([false, true, '1 tokens'])
})

test('a file that is gone changes nothing, and one that replaces it counts', async () => {
  await using disk = await tokenFile(line(OLD))
  const { file, reports, knows } = await open(disk)
  await rm(disk.path)
  for (let look = 0; look < 3; look++) await file.check()
  expect([knows(OLD), reports.length]).toEqual([true, 1])
  expect(reports[0]).toContain('ENOENT')
  // As Kubernetes does: a link that is exchanged.
  await writeFile(`${disk.path}.2`, `${line(NEW)}\n`)
  await symlink(`${disk.path}.2`, `${disk.path}.link`)
  await rename(`${disk.path}.link`, disk.path)
  for (let look = 0; look < 2; look++) await file.check()
  expect([knows(OLD), knows(NEW)]).toEqual([false, true])
})

test('a watched file is looked at again and again, until it is closed', async () => {
  await using disk = await tokenFile(line(OLD))
  const { file, knows } = await open(disk)
  file.watch()
  await disk.write(line(NEW))
  await expect.poll(() => knows(NEW)).toBe(true)
  file.close()
})

test('a file that cannot be used at the start is an error that names it', async () => {
  await using disk = await tokenFile('ci agent')
  await expect(open(disk)).rejects.toThrow(`${disk.path} cannot be used: line 1 must be`)
  await rm(disk.path)
  await expect(open(disk)).rejects.toThrow(`${disk.path} cannot be used: ENOENT`)
})
