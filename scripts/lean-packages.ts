// Bundles the two packages that agents install, from `build`, the output of the compiler, to `dist`, which
// is published. Each entry becomes one file, without comments and names of variables. Names of functions and classes are
// kept for stack traces, and line breaks because Node prints the line that threw an uncaught error: without them,
// that was the whole package. Only declarations that an entry reaches are included.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { rolldown } from 'rolldown'
import { publicDeclarations } from './public-declarations.ts'

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
  const paths = entries.map((entry) => join(from, `${entry}.d.ts`))
  for (const [file, declaration] of publicDeclarations(paths)) {
    const target = join(to, relative(from, file))
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, indentedByOne(declaration))
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
      mangle: { toplevel: true, keepNames: { function: true, class: true } },
      codegen: { removeWhitespace: false },
    },
  })
  await bundle.close()
}

/** Indents by one space instead of four: a twentieth of the published declarations was indentation. */
function indentedByOne(declaration: string): string {
  return declaration.replaceAll(/^ +/gm, ({ length }) =>
    ' '.repeat(Math.floor(length / 4) + (length % 4)),
  )
}
