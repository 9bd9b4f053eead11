import { defineConfig } from 'vitest/config'

const ALL_TESTS = ['packages/*/test/**/*.test.ts', 'test/**/*.test.ts']

/** Tests of what every store must do: they run on each, and the output says on which. */
const ON_EVERY_STORE = [
  // A registry that is there already has a store of its own.
  ...(process.env.ROLLCALL_BASE_URL ? [] : ['test/http/**/*.test.ts']),
  'test/e2e/{feed-consumer-model,kill-under-load,lease-deadline,lease-table}.test.ts',
  'test/e2e/{paging-under-churn,restart,shutdown,stopped-process}.test.ts',
]

export default defineConfig({
  // Tests run on the sources; only those of processes run what was built.
  resolve: { conditions: ['@rollcall/source'] },
  ssr: { resolve: { conditions: ['@rollcall/source'] } },
  test: {
    pool: 'forks',
    // Many tests start processes of their own: more at once would only wait for each other.
    maxWorkers: 2,
    testTimeout: 20_000,
    // Starts PostgreSQL, but only when a test asks for it.
    globalSetup: ['test/postgres/shared-postgres-setup.ts'],
    // The writer thread runs from TypeScript here; compiling it each time was half of the time.
    env: { NODE_COMPILE_CACHE: 'node_modules/.cache/compiled' },
    projects: [
      { extends: true, test: { name: 'once', include: ALL_TESTS, exclude: ON_EVERY_STORE } },
      ...['sqlite', 'postgres'].map((store) => ({
        extends: true as const,
        test: { name: store, include: ON_EVERY_STORE, env: { ROLLCALL_TEST_STORE: store } },
      })),
    ],
  },
})
