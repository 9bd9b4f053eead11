import type { Lease } from '../../../src/domain/lease.ts'
import { TableLease } from '../../../src/storage/live/table/table-lease.ts'

/** Returns a lease that is in no table, with the given overrides. */
export function sampleLease(overrides: Partial<Lease> = {}): TableLease {
  return new TableLease({
    agentId: 'scout',
    profile: {
      agentName: 'Scout',
      host: '10.0.0.7',
      port: 8000,
      ttlSeconds: 10,
      metadata: null,
      capabilities: [],
      version: null,
      url: 'http://10.0.0.7:8000',
    },
    status: 'ready',
    load: null,
    registeredAtMs: 0,
    lastBeat: 0,
    deadline: 10_000,
    expired: false,
    revision: 1,
    ...overrides,
  })
}
