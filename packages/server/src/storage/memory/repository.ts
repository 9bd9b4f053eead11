import type { Clock } from '../../domain/clock.ts'
import { newEpoch } from '../epoch.ts'
import type { HistoryLimits } from '../history-limit.ts'
import { LeaseClock } from '../live/lease-clock.ts'
import { LiveAgentRegistryRepository } from '../live/repository.ts'
import { LeaseTable } from '../live/table/lease-table.ts'
import { MemoryJournal } from './journal.ts'

/** What a store in memory takes. */
export interface MemoryRepositoryOptions extends HistoryLimits {
  /** Default: the clocks of this machine. */
  readonly clock?: Clock | undefined
}

/**
 * Keeps everything in memory and nothing beyond the life of the process. Implements
 * {@link AgentRegistryRepository}.
 */
export class MemoryAgentRegistryRepository extends LiveAgentRegistryRepository {
  /** Open from the start, and empty. */
  constructor(options: MemoryRepositoryOptions = {}) {
    const clock = new LeaseClock({ clock: options.clock })
    super({
      ...options,
      clock,
      table: new LeaseTable(clock),
      journal: new MemoryJournal(),
      capabilities: { name: 'memory', durable: false, shared: false },
      epoch: newEpoch(),
      revision: 0,
      savedTo: 0,
      unsaved: [],
      heartbeatFlushIntervalMs: 0,
    })
  }
}
