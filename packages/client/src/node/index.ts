/**
 * Features that need Node.js: worker threads, signals, and the network interfaces of this machine.
 *
 * @module @rollcall/client/node
 */

export { ownHost } from '../options/own-host.ts'
export { closeOnSignals } from './signals.ts'
export { TokenApi } from './token-api.ts'
export { joinFromWorker, type WorkerAgent, type WorkerAgentOptions } from './worker-agent.ts'
