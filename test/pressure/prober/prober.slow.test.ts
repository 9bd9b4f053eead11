// Measurements are only meaningful if the prober detects what it is meant to detect.
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { RegistryCut } from '../registry-cut.ts'
import { RegistryUnderPressure } from '../registry-under-pressure.ts'
import type { HeartbeatKind } from './heartbeat-sample.ts'
import { Prober } from './prober.ts'

const FROZEN_MS = 1500

async function start() {
  const resources = new AsyncDisposableStack()
  const registry = resources.use(
    await RegistryUnderPressure.start({
      store: 'sqlite',
      traits: {},
      command: undefined,
      isInMemory: true,
    }),
  )
  const { first } = registry
  const options = { urls: [first.url], agents: 40, hasNewConnections: false }
  const prober = resources.use(await Prober.start(first.http, options))
  return { registry, first, prober, [Symbol.asyncDispose]: () => resources.disposeAsync() }
}

test('heartbeats due while the registry is frozen count from when they were due', async () => {
  await using setup = await start()
  const { first, prober } = setup
  await sleep(500)
  first.signal('SIGSTOP')
  await sleep(FROZEN_MS)
  first.signal('SIGCONT')
  const slow = (kind: HeartbeatKind) =>
    prober.samples.filter((it) => it.kind === kind && it.latencyMs > FROZEN_MS / 3).length
  // Of 50 a second: those of the first second. On a busy machine, their responses come later.
  await expect.poll(() => slow('single')).toBeGreaterThan(40)
  await expect.poll(() => slow('batch')).toBeGreaterThan(3)
  expect(await prober.countFalseExpiries(first.http)).toBe(0)
})

test('an agent that is removed counts, and so does each that expired, even if revived', async () => {
  await using setup = await start()
  const { first, prober } = setup
  await first.http.send('DELETE', '/agents/beating-3')
  expect(await prober.countFalseExpiries(first.http)).toBe(1)
  // Only the heartbeats of the fleet keep its agents alive.
  prober.pause()
  await expect.poll(() => prober.countFalseExpiries(first.http)).toBe(40)
  await first.http.send('POST', '/agents/beating-4/heartbeat')
  expect(await prober.countFalseExpiries(first.http)).toBe(40)
})

test('a registry that no longer responds is killed, and requests without a response count', async () => {
  await using setup = await start()
  const { registry, first, prober } = setup
  await sleep(500)
  const cut = new RegistryCut(registry, prober, 1000)
  expect(cut.isDone).toBe(false)
  first.signal('SIGSTOP')
  await expect.poll(() => cut.isDone).toBe(true)
  await expect.poll(() => first.isRunning).toBe(false)
  expect(cut.pending.length).toBeGreaterThan(10)
  expect(new Set(cut.pending.map(({ status }) => status))).toEqual(new Set([0]))
})
