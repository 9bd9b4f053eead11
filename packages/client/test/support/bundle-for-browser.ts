import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

/** The client as one script for a browser. */
export interface BrowserBundle {
  /** A classic script that defines the global `RollcallClient`. */
  readonly code: string
  /** Modules that the bundle still imports. */
  readonly imports: readonly string[]
  /** Source files in the bundle. */
  readonly modules: readonly string[]
  readonly warnings: readonly string[]
}

const ENTRY = fileURLToPath(new URL('../../src/index.ts', import.meta.url))

/** Bundles `@rollcall/client` for browsers, from the sources. */
export async function bundleForBrowser(options: { minify?: boolean } = {}): Promise<BrowserBundle> {
  const warnings: string[] = []
  const bundle = await rolldown({
    input: ENTRY,
    platform: 'browser',
    resolve: { conditionNames: ['@rollcall/source', 'browser', 'import', 'default'] },
    onwarn: ({ message = '' }) => warnings.push(message),
  })
  try {
    const { output } = await bundle.generate({
      format: 'iife',
      name: 'RollcallClient',
      minify: options.minify ?? false,
    })
    const chunks = output.filter((it) => it.type === 'chunk')
    return {
      code: chunks.map(({ code }) => code).join('\n'),
      imports: chunks.flatMap(({ imports, dynamicImports }) => [...imports, ...dynamicImports]),
      modules: chunks.flatMap(({ moduleIds }) => moduleIds),
      warnings,
    }
  } finally {
    await bundle.close()
  }
}
