import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { MemoryAgentRegistryRepository } from '../../../src/storage/memory/repository.ts'
import { registration } from '../sample-registration.ts'

const AGENTS = 100
/** Turns of the event loop after which the first count begins, while the agents are becoming visible. */
const TURNS = 24
/** Indexing it takes so long that agents of one commit appear one after the other. */
const METADATA = Object.fromEntries(
  Array.from({ length: 250 }, (_, index) => [`key${index}`, index]),
)

test('the first count misses no agent that is becoming visible, and counts none twice', async () => {
  for (let turns = 0; turns < TURNS; turns++) {
    await using store = new MemoryAgentRegistryRepository()
    const registered = Promise.all(
      Array.from({ length: AGENTS }, (_, index) =>
        store.add(
          registration({ agentId: `a${index}`, capabilities: ['search'], metadata: METADATA }),
        ),
      ),
    )
    for (let turn = 0; turn < turns; turn++) await setImmediate()
    await store.countByCapability()
    await registered
    const [[name, { ready }] = ['', { ready: 0 }]] = await store.countByCapability()
    expect([name, ready], `after ${turns} turns`).toEqual(['search', AGENTS])
  }
})
