export { closeOnSignals } from './signals.ts'
export { joinFromWorker, type WorkerAgent } from './worker-agent.ts'
