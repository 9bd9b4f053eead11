import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const HERE = import.meta.dirname
const PAGE = readFileSync(`${HERE}/../../docs/sdk-contract.md`, 'utf8')

test('the contract of the SDKs lists every case of the suite and no other', () => {
  const listed = [...PAGE.matchAll(/^\| .* \| ([^|]+) \|$/gm)]
    .map((match) => match[1])
    .filter((name) => name !== 'case' && name !== '---')
  const cases = readdirSync(HERE)
    .filter((file) => file.endsWith('.test.ts'))
    .flatMap((file) => [
      ...readFileSync(`${HERE}/${file}`, 'utf8').matchAll(/^ {2}rule\(\s*'([^']+)'/gm),
    ])
    .map((match) => match[1])

  expect(cases.length).toBeGreaterThan(0)
  expect(listed.sort()).toEqual(cases.sort())
})
