import { promisify } from 'node:util'
import { brotliCompress, gzip } from 'node:zlib'
import { defaultClientConditions, defineConfig, type Plugin } from 'vite'

/** Where the server finds the page; see `http/pages/dashboard.ts` there. */
const OUTPUT = '../server/dashboard'

/** Of a registry that `npm run dev` of this package shows: everything but the page itself. */
const API_PATHS = [
  ...['/agents', '/capabilities', '/events', '/health', '/maintenance', '/metrics'],
  ...['/tokens', '/webhooks', '/whoami'],
]
const REGISTRY = process.env.REGISTRY_URL ?? 'http://127.0.0.1:9000'

export default defineConfig({
  // Relative, so that the page works below any prefix of a proxy.
  base: './',
  resolve: { conditions: ['@rollcall/source', ...defaultClientConditions] },
  server: { proxy: Object.fromEntries(API_PATHS.map((path) => [path, REGISTRY])) },
  plugins: [compressedFiles()],
  build: {
    outDir: OUTPUT,
    emptyOutDir: true,
    assetsDir: 'dashboard',
    // The policy of the page allows neither data URLs nor inline scripts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2023',
    license: { fileName: 'licences.md' },
    rolldownOptions: {
      // Libraries mark their modules for servers that render pages, which this is not.
      onLog: (level, log, next) => log.code !== 'MODULE_LEVEL_DIRECTIVE' && next(level, log),
    },
  },
})

/** Compresses the files once, so that the server need not do so for each request. */
function compressedFiles(): Plugin {
  const formats = { br: promisify(brotliCompress), gz: promisify(gzip) }
  return {
    name: 'compressed-files',
    apply: 'build',
    async generateBundle(_options, bundle) {
      const texts = Object.values(bundle).filter(({ fileName }) => /\.(js|css|svg)$/.test(fileName))
      for (const file of texts) {
        const source = file.type === 'chunk' ? file.code : file.source
        for (const [suffix, compress] of Object.entries(formats)) {
          const compressed = await compress(source)
          this.emitFile({
            type: 'asset',
            fileName: `${file.fileName}.${suffix}`,
            source: compressed,
          })
        }
      }
    },
  }
}
