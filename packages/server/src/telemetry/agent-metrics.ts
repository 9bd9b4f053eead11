import { VIEW_STATUSES } from '@rollcall/protocol'
import { Gauge, Histogram, type Registry } from 'prom-client'
import type { AgentRegistryRepository } from '../domain/agent-registry-repository.ts'
import { exposeMetrics } from './exposed-metrics.ts'
import { PlainCounter } from './plain-counter.ts'

const DELAY_BUCKETS_SECONDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 5, 60]

/** Exposes the agents of a repository: their number when scraped, their transitions as they happen. */
export function watchAgents(registry: Registry, repository: AgentRegistryRepository): void {
  const registers = [registry]
  new Gauge({
    name: 'rollcall_agents',
    help: 'Agents in the registry, by the status that reads show.',
    labelNames: ['status'],
    registers,
    async collect() {
      const counts = await repository.countByStatus()
      for (const status of VIEW_STATUSES) this.set({ status }, counts[status])
    },
  })
  exposeMetrics(registry, Gauge, [
    [
      'rollcall_expiry_brake_on',
      '1 while most agents fell silent at once and their expiry is held back, otherwise 0.',
      () => (repository.statistics().brake === undefined ? 0 : 1),
    ],
  ])
  const transitions = new PlainCounter({
    name: 'rollcall_transitions_total',
    help: 'Visible changes of agents, by kind.',
    labelNames: ['type'],
    registry,
  })
  const expiryDelay = new Histogram({
    name: 'rollcall_expiry_delay_seconds',
    help: 'Time from the deadline of a lease to the transition that records its expiry.',
    buckets: DELAY_BUCKETS_SECONDS,
    registers,
  })
  repository.subscribe((batch) => {
    for (const { type, atMs, agent } of batch) {
      transitions.count(type, () => ({ type }))
      if (type === 'expired') expiryDelay.observe((atMs - agent.expiresAtMs) / 1000)
    }
  })
}
