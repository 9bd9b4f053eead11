import { expect, test } from 'vitest'
import { PROCESS_EXCEPTIONS, violationsOf } from './direction-rules.ts'
import { packageOf } from './source-module.ts'
import { readSourceTree } from './source-tree.ts'

// protocol <- client <- cli and protocol <- server <- cli; inside the server nothing
// imports http, storage and http import the domain, and the domain imports nothing with I/O.

const modules = readSourceTree()

test('every package is looked at', () => {
  const packages = new Set(modules.map(({ path }) => packageOf(path)))
  expect([...packages]).toEqual(expect.arrayContaining(['protocol', 'server', 'cli']))
  expect(modules.length).toBeGreaterThan(50)
})

test('imports go in one direction', () => {
  expect(modules.flatMap(violationsOf)).toEqual([])
})

test('what is imported from our own files is there', () => {
  const paths = new Set(modules.map(({ path }) => path))
  const missing = modules.flatMap(({ path, imports }) =>
    imports
      .filter((imported) => imported.includes('/src/') && !/\.(json|css|svg)$/.test(imported))
      .filter((imported) => !paths.has(imported))
      .map((imported) => `${path} imports ${imported}`),
  )
  expect(missing).toEqual([])
})

test('every exception is still needed', () => {
  const needless = Object.entries(PROCESS_EXCEPTIONS).flatMap(([path, { uses }]) => {
    const used = modules.find((module) => module.path === path)?.processUses ?? []
    return uses.filter((use) => !used.includes(use)).map((use) => `${path} process.${use}`)
  })
  expect(needless).toEqual([])
})
