/**
 * What needs Node: worker threads and signals.
 *
 * @module @rollcall/client/node
 */

export { closeOnSignals } from './signals.ts'
export { joinFromWorker, type WorkerAgent } from './worker-agent.ts'
