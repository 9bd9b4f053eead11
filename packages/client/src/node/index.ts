/**
 * What needs Node: worker threads and signals.
 *
 * @module @rollcall/client/node
 */

export { closeOnSignals } from './signals.ts'
export { joinFromWorker, type WorkerAgent, type WorkerAgentOptions } from './worker-agent.ts'
