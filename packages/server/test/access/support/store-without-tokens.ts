import type { AgentRegistryRepository } from '@rollcall/server'
import { newPosition, openLiveRegistry } from '@rollcall/server/storage'
import { MemoryJournal } from '../../../src/storage/memory/journal.ts'

/** Opens a store as users build their own: it has a journal, but keeps no tokens and no webhooks. */
export function storeWithoutTokens(): Promise<AgentRegistryRepository> {
  return openLiveRegistry({
    position: newPosition(),
    leases: [],
    maintenance: [],
    capabilities: { name: 'custom', durable: false, shared: false },
    journal: () => new MemoryJournal(),
  })
}
