import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config'

const ALL_TESTS = ['packages/*/test/**/*.test.ts', 'test/**/*.test.ts']

/** Long proofs: `npm test` leaves them out, `npm run test:all` runs them as well. */
const SLOW_TESTS = ['**/*.slow.test.ts']

/** Tests of what every store must do: they run on each, and the output says on which. */
const ON_EVERY_STORE = [
  // A registry that is there already has a store of its own.
  ...(process.env.ROLLCALL_BASE_URL ? [] : ['test/http/**/*.test.ts']),
  'test/e2e/{lease-deadline,lease-rules,maintenance,paging-under-churn,restart,shutdown,rolling-agent-restart,tokens,two-processes-one-id}.test.ts',
]
const SLOW_ON_EVERY_STORE = [
  ...(process.env.ROLLCALL_BASE_URL ? [] : ['test/http/**/*.slow.test.ts']),
  'test/e2e/{feed-consumer-model,feed-over-kills,kill-under-load,mass-silence,stopped-process}.slow.test.ts',
]

export default defineConfig({
  // Tests run on the sources; only those of processes run what was built.
  resolve: { conditions: ['@rollcall/source'] },
  ssr: { resolve: { conditions: ['@rollcall/source'] } },
  test: {
    pool: 'forks',
    // Many tests start processes of their own: more at once would only wait for each other.
    maxWorkers: 2,
    // What hangs fails in the end; nothing here is to fail because the machine is busy.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 30_000, interval: 20 } },
    // Starts PostgreSQL, but only when a test asks for it.
    globalSetup: ['test/postgres/support/shared-postgres-setup.ts'],
    // The writer thread runs from TypeScript here; compiling it each time was half of the time.
    env: { NODE_COMPILE_CACHE: 'node_modules/.cache/compiled' },
    projects: [
      project('once', { include: ALL_TESTS, exclude: [...ON_EVERY_STORE, ...SLOW_TESTS] }),
      ...onEveryStore('', { include: ON_EVERY_STORE, exclude: SLOW_TESTS }),
      ...[
        project('slow', { include: SLOW_TESTS, exclude: SLOW_ON_EVERY_STORE }),
        ...onEveryStore('slow-', { include: SLOW_ON_EVERY_STORE, exclude: [] }),
      ].map((slow) => ({ ...slow, test: { ...slow.test, testTimeout: 180_000 } })),
    ],
  },
})

interface Selection {
  readonly include: string[]
  readonly exclude: string[]
}

function project(
  name: string,
  selection: Selection,
  env: Record<string, string> = {},
): TestProjectInlineConfiguration {
  // An `exclude` of ours replaces the default one.
  const exclude = [...selection.exclude, '**/node_modules/**', '**/dist/**', '**/build/**']
  return { extends: true, test: { name, include: selection.include, exclude, env } }
}

function onEveryStore(prefix: string, selection: Selection): TestProjectInlineConfiguration[] {
  return ['sqlite', 'postgres'].map((store) =>
    project(`${prefix}${store}`, selection, { ROLLCALL_TEST_STORE: store }),
  )
}
