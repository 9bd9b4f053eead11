import { expect, test } from 'vitest'
import { HealthMonitor } from '../../src/sidecar/health-monitor.ts'
import { CheckFailedError } from '../../src/sidecar/readiness-check.ts'

/** A monitor with scripted results of its checks. */
class ScriptedMonitor {
  readonly changes: string[] = []
  readonly monitor: HealthMonitor
  #next = Promise.withResolvers<boolean>()
  #started = Promise.withResolvers<void>()

  constructor(failures: number) {
    const run = async (): Promise<void> => {
      this.#started.resolve()
      if (!(await this.#next.promise)) throw new CheckFailedError('no')
    }
    this.monitor = new HealthMonitor({ check: { target: 'it', run }, intervalMs: 1, failures })
    this.monitor.start((reason) => this.changes.push(reason === undefined ? 'passes' : `${reason}`))
  }

  /** Completes the check in progress, and waits for the next one. */
  async complete(passes: boolean): Promise<void> {
    await this.#started.promise
    const { resolve } = this.#next
    this.#next = Promise.withResolvers()
    this.#started = Promise.withResolvers()
    resolve(passes)
    await this.#started.promise
  }

  async stop(): Promise<void> {
    this.#next.resolve(true)
    await this.monitor.stop()
  }
}

test('consecutive failures make the program unhealthy, and one success makes it healthy', async () => {
  const scripted = new ScriptedMonitor(2)
  const { monitor, changes } = scripted
  await scripted.complete(true)
  await scripted.complete(false)
  await scripted.complete(true)
  await scripted.complete(false)
  expect(monitor.isPassing).toBe(true)
  expect(changes).toEqual([])
  await scripted.complete(false)
  await scripted.complete(false)
  expect(monitor.isPassing).toBe(false)
  await scripted.complete(true)
  expect(monitor.isPassing).toBe(true)
  expect(changes).toEqual(['CheckFailedError: no', 'passes'])
  await scripted.stop()
})

test('a slow check does not change the state', async () => {
  const scripted = new ScriptedMonitor(1)
  await scripted.complete(true)
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(scripted.monitor.isPassing).toBe(true)
  await scripted.stop()
})
