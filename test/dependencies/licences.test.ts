import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { installedPackages, withForeignLicence } from '../../scripts/licences.ts'

const isAllowed = (licence: string, isTool: boolean) =>
  withForeignLicence([{ name: 'a', licence, isTool }]).length === 0

describe('a licence', () => {
  test.each(['MIT', 'ISC', 'Apache-2.0', 'MIT OR GPL-3.0-only', '(MIT AND Zlib)'])(
    'of a published package may be %s',
    (licence) => expect(isAllowed(licence, false)).toBe(true),
  )

  test.each(['GPL-3.0-only', 'MIT AND GPL-3.0-only', 'MPL-2.0', 'SEE LICENSE IN x', 'unknown', ''])(
    'of a published package may not be %j',
    (licence) => expect(isAllowed(licence, false)).toBe(false),
  )

  test('of a tool may be one that asks for more, but not for our source', () => {
    expect(isAllowed('MPL-2.0', true)).toBe(true)
    expect(isAllowed('AGPL-3.0-only', true)).toBe(false)
  })
})

test('every installed package is read, and what we publish is told from tools', () => {
  const packages = installedPackages(fileURLToPath(new URL('../../', import.meta.url)))
  const found = (wanted: string) => packages.find(({ name }) => name === wanted)
  expect(found('fastify')).toEqual({ name: 'fastify', licence: 'MIT', isTool: false })
  expect(found('vitest')).toEqual({ name: 'vitest', licence: 'MIT', isTool: true })
  // The binary of a tool for this platform.
  const binary = packages.find(({ name }) => name.startsWith('lightningcss-'))
  expect(binary?.isTool ?? true).toBe(true)
  expect(packages.length).toBeGreaterThan(200)
})
