import type { TokenStore, TokenStoreProvider } from '../../access/token-store.ts'
import type { Clock } from '../../domain/clock.ts'
import type { BrakeOptions } from '../../domain/expiry-brake.ts'
import { leaseTime } from '../../domain/time-scales.ts'
import type { WebhookStore, WebhookStoreProvider } from '../../webhooks/webhook-store.ts'
import { newEpoch } from '../epoch.ts'
import type { HistoryLimits } from '../history-limit.ts'
import { LeaseClock } from '../live/lease-clock.ts'
import { LiveAgentRegistryRepository } from '../live/repository.ts'
import { LeaseTable } from '../live/table/lease-table.ts'
import { MemoryJournal } from './journal.ts'
import { MemoryTokenStore } from './token-store.ts'
import { MemoryWebhookStore } from './webhook-store.ts'

/** Options of an in-memory store. */
export interface MemoryRepositoryOptions extends HistoryLimits, BrakeOptions {
  /** Default: the system clock. */
  readonly clock?: Clock | undefined
}

/**
 * Keeps everything in memory; all data is lost when the process ends. Implements
 * {@link AgentRegistryRepository}.
 */
export class MemoryAgentRegistryRepository
  extends LiveAgentRegistryRepository
  implements TokenStoreProvider, WebhookStoreProvider
{
  readonly tokens: TokenStore = new MemoryTokenStore()
  readonly webhooks: WebhookStore = new MemoryWebhookStore()

  /** Creates an empty store that is open immediately. */
  constructor(options: MemoryRepositoryOptions = {}) {
    const clock = new LeaseClock({ clock: options.clock })
    super({
      ...options,
      clock,
      table: new LeaseTable(clock),
      journal: new MemoryJournal(),
      capabilities: { name: 'memory', durable: false, shared: false },
      epoch: newEpoch(),
      maintenance: [],
      revision: 0,
      savedTo: leaseTime(0),
      unsaved: [],
      heartbeatFlushIntervalMs: 0,
    })
  }
}
