// ARCHITECTURE.md shows the structure as it is.
import { existsSync, globSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { AREAS, PACKAGES } from './direction-rules.ts'
import { readSourceTree } from './source-tree.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const PAGE = readFileSync(`${ROOT}ARCHITECTURE.md`, 'utf8')
const modules = readSourceTree()

/** The folders that the picture shows, as paths below `packages/`. */
function foldersShown(): string[] {
  const [, picture = ''] = /^```\npackages\/\n(.*?)^```$/ms.exec(PAGE) ?? []
  const open: string[] = []
  return picture
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [, indent = '', name = ''] = /^( *)(\S+)\/ /.exec(line) ?? []
      open.length = indent.length / 2 - 1
      open.push(name)
      return open.join('/')
    })
}

/** The source files of the Python package, as paths below `packages/`. */
const pythonSources = (): string[] => globSync('*/src/**/*.py', { cwd: `${ROOT}packages` })

/** Every folder that holds source files, or folders that do. */
function foldersThere(): string[] {
  const folders = new Set<string>()
  const paths = [...modules.map(({ path }) => path), ...pythonSources()]
  for (const path of paths) {
    for (let at = posix.dirname(path); at.includes('/'); at = posix.dirname(at)) folders.add(at)
  }
  return [...folders]
}

test('the picture shows every folder, and no other', () => {
  expect(foldersShown().toSorted()).toEqual(foldersThere().toSorted())
})

/** The arrows of a diagram: `a --> b`. */
function arrows(number: number): string[] {
  const diagrams = PAGE.matchAll(/^```mermaid\n(.*?)^```$/gms).map(([, text = '']) => text)
  const lines = diagrams.toArray()[number]?.split('\n') ?? []
  return lines.filter((line) => line.includes('-->')).map((line) => line.trim())
}

const arrowsOf = (rules: Readonly<Record<string, readonly string[]>>) =>
  Object.entries(rules).flatMap(([from, targets]) => targets.map((to) => `${from} --> ${to}`))

test('the diagrams show what may import what', () => {
  expect(arrows(0).toSorted()).toEqual(arrowsOf(PACKAGES).toSorted())
  expect(arrows(1).toSorted()).toEqual(arrowsOf(AREAS).toSorted())
})

test('every file that the page names is there', () => {
  const named = PAGE.matchAll(/(?<![\w/])(?:[a-z0-9-]+\/)+[a-z0-9-]+\.(?:ts|md)\b/g)
  const paths = new Set(named.map(([path]) => path))
  expect(paths.size).toBeGreaterThan(40)
  const isThere = (path: string) =>
    ['', 'packages/server/src/'].some((at) => existsSync(ROOT + at + path))
  expect([...paths].filter((path) => !isThere(path))).toEqual([])
})
