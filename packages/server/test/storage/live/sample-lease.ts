import { NO_DETAILS } from '@rollcall/protocol'
import type { Lease } from '../../../src/domain/lease.ts'
import { beatTime, leaseTime } from '../../../src/domain/time-scales.ts'
import { TableLease } from '../../../src/storage/live/table/table-lease.ts'

type Overrides = Partial<
  Omit<Lease, 'lastBeat' | 'deadline'> & { readonly lastBeat: number; readonly deadline: number }
>

/** Returns a lease that is in no table, with the given overrides. */
export function sampleLease(overrides: Overrides = {}): TableLease {
  const { lastBeat = 0, deadline = 10_000, ...rest } = overrides
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
      details: NO_DETAILS,
      tags: [],
      card: null,
      url: 'http://10.0.0.7:8000',
    },
    status: 'ready',
    load: null,
    instanceId: null,
    incarnation: 1,
    owner: null,
    registeredAtMs: 0,
    updatedAtMs: 0,
    lastBeat: beatTime(lastBeat),
    deadline: leaseTime(deadline),
    expired: false,
    suspect: false,
    maintenance: null,
    revision: 1,
    ...rest,
  })
}
