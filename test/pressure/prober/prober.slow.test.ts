// What is measured is only worth something when it sees what it is there to see.
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { RegistryCut } from '../registry-cut.ts'
import { RegistryUnderPressure } from '../registry-under-pressure.ts'
import { Prober } from './prober.ts'

const STILL_MS = 1500

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

test('heartbeats that are due while the registry stands still wait from then on', async () => {
  await using scene = await start()
  const { first, prober } = scene
  await sleep(500)
  first.signal('SIGSTOP')
  await sleep(STILL_MS)
  first.signal('SIGCONT')
  await sleep(1000)
  const slow = prober.samples.filter(({ latencyMs }) => latencyMs > STILL_MS / 3)
  // Of 50 a second: those of the first second of it, however the answers were held up.
  expect(slow.filter(({ kind }) => kind === 'single').length).toBeGreaterThan(40)
  expect(slow.filter(({ kind }) => kind === 'batch').length).toBeGreaterThan(3)
  expect(await prober.countFalseExpiries(first.http)).toBe(0)
})

test('an agent that is gone is counted, and each that was declared dead, also when it is back', async () => {
  await using scene = await start()
  const { first, prober } = scene
  await first.http.send('DELETE', '/agents/beating-3')
  expect(await prober.countFalseExpiries(first.http)).toBe(1)
  // Nothing but the fleet keeps its agents alive.
  prober.pause()
  await expect.poll(() => prober.countFalseExpiries(first.http)).toBe(40)
  await first.http.send('POST', '/agents/beating-4/heartbeat')
  expect(await prober.countFalseExpiries(first.http)).toBe(40)
})

test('a registry that answers nothing any more is killed, and what was not answered counts', async () => {
  await using scene = await start()
  const { registry, first, prober } = scene
  await sleep(500)
  const cut = new RegistryCut(registry, prober, 1000)
  expect(cut.isDone).toBe(false)
  first.signal('SIGSTOP')
  await expect.poll(() => cut.isDone).toBe(true)
  await expect.poll(() => first.isRunning).toBe(false)
  expect(cut.unanswered.length).toBeGreaterThan(10)
  expect(new Set(cut.unanswered.map(({ status }) => status))).toEqual(new Set([0]))
})
