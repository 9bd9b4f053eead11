// The page with a large fleet that changes all the time: it stays responsive, and its memory does not grow.
import { setTimeout as sleep } from 'node:timers/promises'
import type { CDPSession } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { HttpClient } from '../../e2e/support/http-client.ts'
import { RegistryProcess } from '../../e2e/support/registry-process.ts'
import { freshStore, type StoreName } from '../../stores/fresh-store.ts'
import { startBrowser } from '../browser.ts'
import { openDashboard } from './dashboard-under-test.ts'
import { LargeFleet } from './large-fleet.ts'

const AGENTS = Number(process.env.ROLLCALL_DASHBOARD_AGENTS ?? 20_000)
const CHANGES_PER_SECOND = Number(process.env.ROLLCALL_DASHBOARD_CHANGES ?? 500)
const SECONDS = Number(process.env.ROLLCALL_DASHBOARD_SECONDS ?? 20)
const LONG_TASK_MS = 100
const TRACED = ['toplevel']
/** Of the heap, from the second third of the time to the last: lists and spark lines fill in the first. */
const MOST_GROWTH = 1.25

/** Milliseconds that registering the fleet may take, and everything else but the time of the changes. */
const PREPARATION_MS = 300_000
const PAGES = ['#/', '#/agents', '#/events']

/** With two nodes, agents call one of them, and the page the other. */
describe.each<[string, StoreName, nodes: number]>([
  ['one registry on SQLite', 'sqlite', 1],
  ['two nodes on PostgreSQL', 'postgres', 2],
])('%s', (_name, storeName, nodes) => {
  const timeout = PREPARATION_MS + PAGES.length * (SECONDS + 30) * 1000
  test(`stays responsive with ${AGENTS} agents and ${CHANGES_PER_SECOND} changes per second`, {
    timeout,
  }, async () => {
    await using browser = await startBrowser()
    await using store = await freshStore(storeName)
    const start = () => RegistryProcess.start({ cwd: store.folder, db: store.url })
    await using first = await start()
    await using second = nodes > 1 ? await start() : undefined
    const fleet = new LargeFleet(new HttpClient(first.url), AGENTS)
    await fleet.register(PREPARATION_MS / 1000 + timeout / 1000)
    for (const hash of PAGES) {
      const page = await openDashboard(browser, `${(second ?? first).url}/${hash}`)
      const session = await page.context().newCDPSession(page)
      await session.send('Performance.enable')
      await page.waitForTimeout(2000)
      await browser.startTracing(page, { categories: TRACED })
      const heaps: number[] = []
      const beganMs = performance.now()
      for (let second = 0; second < SECONDS; second++) {
        const [heap] = await Promise.all([
          heapOf(session),
          fleet.change(CHANGES_PER_SECOND),
          sleep(1000),
        ])
        heaps.push(heap)
      }
      const changes = (CHANGES_PER_SECOND * SECONDS * 1000) / (performance.now() - beganMs)
      const trace = await browser.stopTracing()
      const longTasks = taskDurations(String(trace)).filter((ms) => ms > LONG_TASK_MS / 2)
      const third = Math.ceil(SECONDS / 3)
      const before = Math.min(...heaps.slice(third, -third))
      const after = Math.min(...heaps.slice(-third))
      const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`
      console.log(
        `${storeName} ${hash}: ${Math.round(changes)} changes/s; heap ${megabytes(before)}, then ${megabytes(after)}; ` +
          `tasks over 50 ms of processor time: ${longTasks.map(Math.round)}`,
      )
      expect(after, hash).toBeLessThan(before * MOST_GROWTH)
      expect(
        longTasks.filter((ms) => ms > LONG_TASK_MS),
        hash,
      ).toEqual([])
      await page.close()
    }
  })
})

interface TraceEvent {
  readonly name: string
  readonly tid: number
  readonly pid: number
  /** Processor time in microseconds. */
  readonly tdur?: number
  readonly args: { readonly name?: string }
}

/**
 * Returns the processor time of each task of the main thread of the page, in milliseconds. Not the time by the clock:
 * registry, load and browser share the machine.
 */
function taskDurations(trace: string): number[] {
  const { traceEvents } = JSON.parse(trace) as { traceEvents: TraceEvent[] }
  const threads = traceEvents.filter(({ args }) => args.name === 'CrRendererMain')
  const isOfPage = (event: TraceEvent) =>
    threads.some(({ pid, tid }) => event.pid === pid && event.tid === tid)
  const tasks = traceEvents.filter((it) => it.name.endsWith('RunTask') && isOfPage(it))
  const durations = tasks.flatMap(({ tdur }) => (tdur === undefined ? [] : [tdur / 1000]))
  expect(durations.length).toBeGreaterThan(100)
  return durations
}

/** Bytes of the heap after a collection of garbage. */
async function heapOf(session: CDPSession): Promise<number> {
  await session.send('HeapProfiler.collectGarbage')
  const { metrics } = await session.send('Performance.getMetrics')
  return metrics.find(({ name }) => name === 'JSHeapUsedSize')?.value ?? 0
}
