import { defineConfig } from 'vitest/config'

export default defineConfig({
  // Tests run on the sources; only those of processes run what was built.
  resolve: { conditions: ['@rollcall/source'] },
  ssr: { resolve: { conditions: ['@rollcall/source'] } },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'test/**/*.test.ts'],
    pool: 'forks',
    // Many tests start processes of their own: more at once would only wait for each other.
    maxWorkers: 2,
    testTimeout: 20_000,
    // Starts PostgreSQL, but only when a test asks for it.
    globalSetup: ['test/postgres/shared-postgres-setup.ts'],
    // The writer thread runs from TypeScript here; compiling it each time was half of the time.
    env: { NODE_COMPILE_CACHE: 'node_modules/.cache/compiled' },
  },
})
