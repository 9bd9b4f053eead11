// Reduces the declarations of a package to what its users can name.
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const COMMENT = /\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n/.source
const IMPORT = /^import (type )?\{([^}]+)\} from (.+)\n/gm

/**
 * Returns the declarations of the entries, and of everything that they import from their package, by
 * file: without internal members, functions that no other file imports, and unused imports.
 */
export function publicDeclarations(entries: readonly string[]): Map<string, string> {
  let found = reachable(entries, (file) => withoutInternals(readFileSync(file, 'utf8')))
  // A function may be all that used an import.
  for (let before = 0; before !== sizeOf(found); ) {
    before = sizeOf(found)
    const all = found
    found = reachable(entries, (file) =>
      withUsedImports(withoutUnusedFunctions(file, all, entries)),
    )
  }
  return new Map([...found].map(([file, text]) => [file, withNamedImports(text)]))
}

function sizeOf(declarations: ReadonlyMap<string, string>): number {
  return [...declarations.values()].reduce((sum, { length }) => sum + length, 0)
}

function reachable(
  entries: readonly string[],
  read: (file: string) => string,
): Map<string, string> {
  const files = new Set(entries)
  const found = new Map<string, string>()
  for (const file of files) {
    const text = read(file)
    found.set(file, text)
    for (const [, path = ''] of text.matchAll(/["'](\.{1,2}\/[^"']+)["']/g)) {
      const imported = join(dirname(file), path.replace(/\.(js|ts)$/, '.d.ts'))
      if (existsSync(imported)) files.add(imported)
    }
  }
  return found
}

/** Removes members that are marked `@internal`; a constructor becomes private. */
function withoutInternals(text: string): string {
  // Ends before the next line of the same indentation, unless that closes a bracket.
  const member = / {4}(\S.*)\n(?: {5,}.*\n)*(?: {4}[)\]}].*\n)?/.source
  const documented = new RegExp(`( {4}${COMMENT})${member}`, 'g')
  return text.replaceAll(documented, (whole, comment: string, first: string) => {
    if (!comment.includes('@internal')) return whole
    return first.startsWith('constructor(') ? '    private constructor();\n' : ''
  })
}

/** Removes functions of a module that no other module names. */
function withoutUnusedFunctions(
  file: string,
  all: ReadonlyMap<string, string>,
  entries: readonly string[],
): string {
  const text = all.get(file) ?? ''
  if (entries.includes(file)) return text
  const others = [...all].filter(([other]) => other !== file).map(([, other]) => other)
  const functions = new RegExp(
    `(?:${COMMENT})?export declare function (\\w+)[(<].*\\n(?: +.*\\n)*(?:[)\\]}].*\\n)?`,
    'g',
  )
  return text.replaceAll(functions, (whole, name: string) =>
    others.some((other) => names(other, name)) ? whole : '',
  )
}

/** Removes imports of names that do not occur otherwise. */
function withUsedImports(text: string): string {
  const body = text.replaceAll(IMPORT, '')
  return text.replaceAll(IMPORT, (_line, type = '', imported: string, path: string) => {
    const used = imported.split(',').filter((name) => {
      const local =
        name
          .trim()
          .replace(/^type /, '')
          .split(' as ')
          .at(-1) ?? ''
      return names(body, local)
    })
    return used.length === 0 ? '' : `import ${type}{${used.join(',')}} from ${path}\n`
  })
}

function names(text: string, name: string): boolean {
  return new RegExp(`(?<![\\w$])${name}(?![\\w$])`).test(text)
}

/** Imports each inferred type once: the compiler repeats the path of its module at every use. */
function withNamedImports(text: string): string {
  const inline = /import\("(\.[^"]+)"\)\.(\w+)/g
  const found = new Map<string, Set<string>>()
  for (const [, path = '', name = ''] of text.matchAll(inline)) {
    found.set(path, (found.get(path) ?? new Set()).add(name))
  }
  // Under names of their own: the file may have imported or declared the plain ones.
  const imports = found.entries().map(([path, all]) => {
    const renamed = [...all].map((name) => `${name} as $${name}`)
    return `import type { ${renamed.join(', ')} } from "${path}";\n`
  })
  return [...imports].join('') + text.replaceAll(inline, '$$$2')
}
