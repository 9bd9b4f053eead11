// Tokens are found by their digest. A comparison of their texts would take the longer, the more of a guess is right;
// how far the digest of a guess agrees with that of a token says nothing about the token.
import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { AccessControl } from '../../src/access/access-control.ts'
import { digestOf, newToken } from '../../src/access/access-token.ts'
import type { Credential } from '../../src/access/authenticator.ts'
import { TokenFile } from '../../src/access/token-file.ts'
import { parseTokenList } from '../../src/access/token-list.ts'
import { RequestAdmission } from '../../src/http/access/request-admission.ts'
import { tokenFile } from '../access/support/token-file-on-disk.ts'

const SOURCES = fileURLToPath(new URL('../../src/', import.meta.url))
const TOKEN = 'a-secret-of-at-least-32-characters'
const GRANT = { name: 'a', scope: 'admin', patterns: ['*'], reads: ['*'] } as const
const ORDER = { ...GRANT, createdBy: 'b' }

test('no code of access control compares a token, a digest or a header with a text', () => {
  const files = globSync('{access,http/access}/*.ts', { cwd: SOURCES })
  expect(files.length).toBeGreaterThan(12)
  const names = String.raw`(?:token|text|digest|hash|secret|header|credential)\b`
  const compared = new RegExp(
    String.raw`\b${names}\s*[!=]=(?!=?\s*undefined)|[!=]==?\s*${names}`,
    'i',
  )
  const found = files.flatMap((file) => {
    const lines = readFileSync(SOURCES + file, 'utf8').split('\n')
    return lines
      .filter((line) => !/^\s*(\*|\/\/|\/\*)/.test(line))
      .filter((line) => compared.test(line))
      .map((line) => `${file}: ${line.trim()}`)
  })
  expect(found).toEqual([])
})

test('what identifies callers is asked for digests only', async () => {
  const access = new AccessControl({ anonymous: 'none' })
  const known: string[] = []
  const lookedUp: Credential[] = []
  access.add({
    known: (digest) => {
      known.push(digest)
      return undefined
    },
    lookUp: async (credential) => {
      lookedUp.push(credential)
      return undefined
    },
  })
  const admission = new RequestAdmission(access)
  const headers = { authorization: `Bearer ${TOKEN}` }
  const request = {
    headers,
    raw: { headers },
    routeOptions: { config: { operationId: 'listAgents' } },
  }
  const refusal = await new Promise((done) => admission.admit(request as never, done))
  expect(refusal).toMatchObject({ code: 'UNAUTHENTICATED' })
  expect(known).toEqual([digestOf(TOKEN)])
  expect(lookedUp).toEqual([{ token: TOKEN, digest: digestOf(TOKEN) }])
})

describe('the registry has no text to compare with', () => {
  test('of tokens that it has created', () => {
    const { token, text } = newToken(ORDER, 0)
    const secret = text.slice(-43)
    expect(JSON.stringify(token)).not.toContain(secret)
    expect(token.hash).toBe(digestOf(text))
  })

  test('of tokens in a file in clear text', async () => {
    const list = parseTokenList(`ci agent * ${TOKEN}`)
    expect(JSON.stringify([...list])).not.toContain(TOKEN)
    await using disk = await tokenFile(`ci agent * ${TOKEN}`)
    const file = await TokenFile.open(disk.path, { reloaded: () => {}, failed: () => {} })
    expect(file.known(TOKEN)).toBeUndefined()
    expect(file.known(digestOf(TOKEN))).toMatchObject({ name: 'ci' })
  })
})

test('tokens have 256 random bits, and no two digests begin alike', () => {
  const texts = Array.from({ length: 1000 }, () => newToken(ORDER, 0).text)
  for (const text of texts) expect(text).toMatch(/^rct_[0-9a-f]{12}_[\w-]{43}$/)
  expect(new Set(texts.map((text) => text.slice(-43))).size).toBe(1000)
  expect(new Set(texts.map((text) => digestOf(text).slice(0, 16))).size).toBe(1000)
})
