import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import * as protocol from '@rollcall/protocol'
import { parseAst } from 'rolldown/parseAst'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

/** A regular expression of the sources. */
export interface SourcePattern {
  /** `packages/server/src/…`, or the name of what the protocol exports. */
  readonly where: string
  readonly source: string
  readonly flags: string
}

/** Returns the regular expressions that are written in the sources of the packages. */
export function literalPatterns(): SourcePattern[] {
  return globSync('packages/*/src/**/*.ts', { cwd: ROOT }).flatMap((where) => {
    const found: SourcePattern[] = []
    visit(parseAst(readFileSync(ROOT + where, 'utf8'), { lang: 'ts' }), (node) => {
      const regex = node.regex as { pattern: string; flags: string } | undefined
      if (regex) found.push({ where, source: regex.pattern, flags: regex.flags })
    })
    return found
  })
}

/** Returns where the sources make a regular expression of a text. */
export function computedPatterns(): string[] {
  return globSync('packages/*/src/**/*.ts', { cwd: ROOT }).filter((where) => {
    let isComputed = false
    visit(parseAst(readFileSync(ROOT + where, 'utf8'), { lang: 'ts' }), ({ type, callee }) => {
      const { name } = (callee ?? {}) as { name?: string }
      if (/^(New|Call)Expression$/.test(String(type)) && name === 'RegExp') isComputed = true
    })
    return isComputed
  })
}

/** Returns the patterns of the wire contract: those of schemas, which the validator compiles, and exported texts. */
export function contractPatterns(): SourcePattern[] {
  const found = new Map<string, SourcePattern>()
  const add = (where: string, source: string) => found.set(source, { where, source, flags: 'u' })
  for (const [name, value] of Object.entries(protocol)) {
    if (name.endsWith('_PATTERN')) add(name, String(value))
    visit(value, ({ pattern, patternProperties }) => {
      if (typeof pattern === 'string') add(name, pattern)
      for (const key of Object.keys((patternProperties ?? {}) as object)) add(name, key)
    })
  }
  return [...found.values()]
}

/** Calls a function for every object in a value. */
function visit(value: unknown, each: (node: Record<string, unknown>) => void): void {
  if (typeof value !== 'object' || value === null) return
  if (!Array.isArray(value)) each(value as Record<string, unknown>)
  for (const inner of Object.values(value)) visit(inner, each)
}
