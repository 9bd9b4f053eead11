import { BRAKE_FUNCTIONS } from './brake.ts'
import { BRANCH_FUNCTIONS } from './branches.ts'
import { CLOCK_FUNCTIONS } from './clock.ts'
import { COMMIT_FUNCTIONS } from './commit.ts'
import { HEARTBEAT_FUNCTIONS } from './heartbeats.ts'
import { MAINTENANCE_FUNCTIONS } from './maintenance.ts'
import { NODE_FUNCTIONS } from './nodes.ts'
import { SWEEP_FUNCTIONS } from './sweep.ts'

/** Grows by one with every release that changes a function. */
export const FUNCTIONS_VERSION = 4

/**
 * The functions of the schema. During a rolling upgrade, nodes of the version before call them as well: a
 * function that takes or returns something else gets another name.
 */
export const FUNCTIONS = [
  ...CLOCK_FUNCTIONS,
  ...NODE_FUNCTIONS,
  ...BRANCH_FUNCTIONS,
  ...SWEEP_FUNCTIONS,
  ...BRAKE_FUNCTIONS,
  ...HEARTBEAT_FUNCTIONS,
  ...COMMIT_FUNCTIONS,
  ...MAINTENANCE_FUNCTIONS,
].join('\n')
