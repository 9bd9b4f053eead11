/**
 * Features that need Node.js: worker threads, signals, and the network interfaces of this machine.
 *
 * @module @rollcall/client/node
 */

export { ownHost } from '../options/own-host.ts'
export { httpFetch } from './http-fetch.ts'
export { closeOnSignals } from './signals.ts'
export type { ClientTlsFiles } from './tls-agents.ts'
export { joinFromWorker, type WorkerAgent, type WorkerAgentOptions } from './worker-agent.ts'
