// Bundles the two packages that agents install, from `build`, the output of the compiler, to `dist`, which
// is published. Each entry becomes one file, without comments and white space but with the names of functions and classes. Only
// declarations that an entry reaches are included.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { rolldown } from 'rolldown'

/** Entries by package, without extension; `internal` ones are not exported. */
const PACKAGES = {
  protocol: { entries: ['index', 'json-schema'], internal: [] },
  client: { entries: ['index', 'node/index'], internal: ['node/heartbeat-thread'] },
}

for (const [name, { entries, internal }] of Object.entries(PACKAGES)) {
  const folder = new URL(`../packages/${name}`, import.meta.url).pathname
  const [from, to] = [join(folder, 'build'), join(folder, 'dist')]
  rmSync(to, { recursive: true, force: true })
  await bundle([...entries, ...internal], from, to)
  for (const file of declarations(entries.map((entry) => join(from, `${entry}.d.ts`)))) {
    const target = join(to, relative(from, file))
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, indentedByOne(withNamedImports(readFileSync(file, 'utf8'))))
  }
}

async function bundle(entries: readonly string[], from: string, to: string): Promise<void> {
  const bundle = await rolldown({
    input: Object.fromEntries(entries.map((entry) => [entry, join(from, `${entry}.js`)])),
    platform: 'neutral',
    external: [/^@rollcall\//, /^node:/],
  })
  await bundle.write({
    dir: to,
    format: 'esm',
    comments: false,
    chunkFileNames: 'shared-[hash].js',
    minify: {
      compress: true,
      mangle: { toplevel: false, keepNames: true },
      codegen: { removeWhitespace: true },
    },
  })
  await bundle.close()
}

/** Imports each inferred type once: the compiler repeats the path of its module at every use. */
function withNamedImports(declaration: string): string {
  const inline = /import\("(\.[^"]+)"\)\.(\w+)/g
  const names = new Map<string, Set<string>>()
  for (const [, path = '', name = ''] of declaration.matchAll(inline)) {
    names.set(path, (names.get(path) ?? new Set()).add(name))
  }
  // Under names of their own: the file may have imported or declared the plain ones.
  const imports = names.entries().map(([path, all]) => {
    const renamed = [...all].map((name) => `${name} as $${name}`)
    return `import type { ${renamed.join(', ')} } from "${path}";\n`
  })
  return [...imports].join('') + declaration.replaceAll(inline, '$$$2')
}

/** Indents by one space instead of four: a twentieth of the published declarations was indentation. */
function indentedByOne(declaration: string): string {
  return declaration.replaceAll(/^ +/gm, ({ length }) =>
    ' '.repeat(Math.floor(length / 4) + (length % 4)),
  )
}

/** Returns these declarations and everything they import from their own package. */
function declarations(entries: readonly string[]): Set<string> {
  const found = new Set(entries)
  for (const file of found) {
    for (const [, path = ''] of readFileSync(file, 'utf8').matchAll(/["'](\.{1,2}\/[^"']+)["']/g)) {
      const imported = join(dirname(file), path.replace(/\.(js|ts)$/, '.d.ts'))
      if (existsSync(imported)) found.add(imported)
    }
  }
  return found
}
