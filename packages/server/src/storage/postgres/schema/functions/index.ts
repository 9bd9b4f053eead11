import { CLOCK_FUNCTIONS } from './clock.ts'
import { COMMIT_FUNCTION } from './commit.ts'
import { HEARTBEAT_FUNCTIONS } from './heartbeats.ts'
import { NODE_FUNCTIONS } from './nodes.ts'

/** Grows by one with every release that changes a function. */
export const FUNCTIONS_VERSION = 1

/**
 * The functions of the schema. Nodes of older versions call them while nodes are replaced one by one, so
 * parameters and results of a function stay as they are; a function with others gets another name.
 */
export const FUNCTIONS = [
  ...CLOCK_FUNCTIONS,
  ...NODE_FUNCTIONS,
  ...HEARTBEAT_FUNCTIONS,
  COMMIT_FUNCTION,
].join('\n')
