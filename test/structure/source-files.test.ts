import { basename } from 'node:path'
import { expect, test } from 'vitest'
import { readSourceTree } from './source-tree.ts'

const modules = readSourceTree()

test('no source file is longer than 300 lines', () => {
  const long = modules.filter(({ lines }) => lines > 300)
  expect(long.map(({ path, lines }) => `${path} has ${lines} lines`)).toEqual([])
})

test('half of the source files have at most 100 lines', () => {
  const lines = modules.map((module) => module.lines).sort((a, b) => a - b)
  expect(lines[lines.length >> 1]).toBeLessThanOrEqual(100)
})

test('no source file has a name that says nothing', () => {
  const vague = /^(utils?|helpers?|common|types?|misc|shared)\./
  const nameless = modules.filter(({ path }) => vague.test(basename(path)))
  expect(nameless.map(({ path }) => path)).toEqual([])
})

test('every source file is named in kebab case', () => {
  const odd = modules.filter(({ path }) => !/^[a-z0-9]+(-[a-z0-9]+)*\.[a-z]+$/.test(basename(path)))
  expect(odd.map(({ path }) => path)).toEqual([])
})
