import type { OperationId } from './operation.ts'

/** Operations that renew a lease. */
export const LEASE_OPERATIONS = new Set<OperationId | 'unknown' | undefined>([
  'heartbeat',
  'heartbeats',
  'registerAgent',
])
