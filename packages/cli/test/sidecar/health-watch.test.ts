import { expect, test } from 'vitest'
import { HealthWatch } from '../../src/sidecar/health-watch.ts'
import { CheckFailedError } from '../../src/sidecar/readiness-check.ts'

/** A watch whose checks end as the test says, each one after the other. */
class ScriptedWatch {
  readonly changes: string[] = []
  readonly watch: HealthWatch
  #next = Promise.withResolvers<boolean>()
  #asked = Promise.withResolvers<void>()

  constructor(failures: number) {
    const run = async (): Promise<void> => {
      this.#asked.resolve()
      if (!(await this.#next.promise)) throw new CheckFailedError('no')
    }
    this.watch = new HealthWatch({ check: { target: 'it', run }, intervalMs: 1, failures })
    this.watch.start((reason) => this.changes.push(reason === undefined ? 'passes' : `${reason}`))
  }

  /** Ends the check that is under way, and waits for the one after it. */
  async end(passes: boolean): Promise<void> {
    await this.#asked.promise
    const { resolve } = this.#next
    this.#next = Promise.withResolvers()
    this.#asked = Promise.withResolvers()
    resolve(passes)
    await this.#asked.promise
  }

  async stop(): Promise<void> {
    this.#next.resolve(true)
    await this.watch.stop()
  }
}

test('so many failures in a row mean that it cannot work, and one success that it can', async () => {
  const scripted = new ScriptedWatch(2)
  const { watch, changes } = scripted
  await scripted.end(true)
  await scripted.end(false)
  await scripted.end(true)
  await scripted.end(false)
  expect(watch.isPassing).toBe(true)
  expect(changes).toEqual([])
  await scripted.end(false)
  await scripted.end(false)
  expect(watch.isPassing).toBe(false)
  await scripted.end(true)
  expect(watch.isPassing).toBe(true)
  expect(changes).toEqual(['CheckFailedError: no', 'passes'])
  await scripted.stop()
})

test('a check that takes its time leaves everything as it is', async () => {
  const scripted = new ScriptedWatch(1)
  await scripted.end(true)
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(scripted.watch.isPassing).toBe(true)
  await scripted.stop()
})
