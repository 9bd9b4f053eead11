import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { GENERATORS } from './all-generators.ts'

const guide = readFileSync(
  new URL('../../docs/guides/generated-clients.md', import.meta.url),
  'utf8',
)

test('the guide lists the tested versions, one line for each generator', () => {
  const lines = guide.split('\n').filter((line) => /^\| .*\d+\.\d+\.\d+ \|/.test(line))
  const versions = lines.map((line) => line.split('|')[2]?.trim())
  expect(versions).toEqual(GENERATORS.map(({ version }) => version.replace(/^v/, '')))
})
