import { expect, test } from 'vitest'
import { ExpiryLoop } from '../../src/expiry/expiry-loop.ts'
import { MemoryAgentRegistryRepository } from '../../src/storage/memory/repository.ts'
import { ManualClock } from '../../src/testing/manual-clock.ts'

const REPORTER = {
  cleaned: () => undefined,
  braked: () => undefined,
  released: () => undefined,
  failed: () => undefined,
  succeeded: () => undefined,
}

/** For example in a debugger or a paused container: nothing runs, and then everything continues. */
test('a process that is suspended before its first sweep expires no agent', async () => {
  const clock = new ManualClock()
  await using repository = new MemoryAgentRegistryRepository({ clock })
  const expiry = new ExpiryLoop({ repository, reporter: REPORTER, cleanupIntervalMs: 60_000 })
  await expiry.start()
  await repository.add({ agentId: 'a', agentName: 'A', host: 'h', port: 1, ttlSeconds: 2 })
  clock.advance(5000)
  expect(await repository.counts()).toMatchObject({ alive: 1 })
  await expiry.stop()
})

test('a stop waits for the sweep that is going on, and not for all that is left', async () => {
  const clock = new ManualClock()
  await using repository = new MemoryAgentRegistryRepository({ clock, brakeFraction: 0 })
  for (let index = 0; index < 2000; index++) {
    await repository.add({
      agentId: `a-${index}`,
      agentName: 'A',
      host: 'h',
      port: 1,
      ttlSeconds: 2,
    })
  }
  clock.advance(2000)
  const begun = Promise.withResolvers<void>()
  repository.subscribe(() => begun.resolve())
  const expiry = new ExpiryLoop({ repository, reporter: REPORTER, cleanupIntervalMs: 60_000 })
  await expiry.start()
  await begun.promise
  await expiry.stop()
  expect(await repository.counts()).toMatchObject({ alive: 0, lapsePending: true })
})
