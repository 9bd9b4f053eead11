import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** As much of the bundler as is needed here: it comes with vite, which comes with vitest. */
interface Bundler {
  rolldown(options: object): Promise<{
    generate(options: object): Promise<{
      output: readonly {
        readonly type: 'chunk' | 'asset'
        readonly code?: string
        readonly imports?: readonly string[]
        readonly dynamicImports?: readonly string[]
        readonly moduleIds?: readonly string[]
      }[]
    }>
    close(): Promise<void>
  }>
}

/** The client as one script for a browser. */
export interface BrowserBundle {
  /** A classic script that defines the global `RollcallClient`. */
  readonly code: string
  /** What it would still have to import. */
  readonly imports: readonly string[]
  /** The files it is made of. */
  readonly modules: readonly string[]
  readonly warnings: readonly string[]
}

const ENTRY = fileURLToPath(new URL('../src/index.ts', import.meta.url))

/** Bundles `@rollcall/client` for browsers, from the sources. */
export async function bundleForBrowser(options: { minify?: boolean } = {}): Promise<BrowserBundle> {
  const { rolldown } = await bundler()
  const warnings: string[] = []
  const bundle = await rolldown({
    input: ENTRY,
    platform: 'browser',
    resolve: { conditionNames: ['@rollcall/source', 'browser', 'import', 'default'] },
    onwarn: ({ message }: { message: string }) => warnings.push(message),
  })
  try {
    const { output } = await bundle.generate({
      format: 'iife',
      name: 'RollcallClient',
      minify: options.minify ?? false,
    })
    const chunks = output.filter(({ type }) => type === 'chunk')
    return {
      code: chunks.map(({ code = '' }) => code).join('\n'),
      imports: chunks.flatMap(({ imports = [], dynamicImports = [] }) => [
        ...imports,
        ...dynamicImports,
      ]),
      modules: chunks.flatMap(({ moduleIds = [] }) => moduleIds),
      warnings,
    }
  } finally {
    await bundle.close()
  }
}

function bundler(): Promise<Bundler> {
  const vitest = createRequire(import.meta.url).resolve('vitest/package.json')
  const vite = createRequire(vitest).resolve('vite/package.json')
  const rolldown = createRequire(vite).resolve('rolldown')
  return import(pathToFileURL(rolldown).href)
}
