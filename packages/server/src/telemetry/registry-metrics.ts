import { randomBytes } from 'node:crypto'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { AgentRegistryRepository } from '../domain/agent-registry-repository.ts'
import type { BackupStatistics } from '../domain/backup-source.ts'
import type { FeedStats } from '../feed/feed-reader.ts'
import type { OperationId } from '../operations/operation.ts'
import { VERSION } from '../version.ts'
import { watchAgents } from './agent-metrics.ts'
import { watchBackups } from './backup-metrics.ts'
import { exposeMetrics } from './exposed-metrics.ts'
import { type OverloadStats, watchOverload } from './overload-metrics.ts'
import { PlainCounter } from './plain-counter.ts'
import { watchStorage } from './storage-metrics.ts'
import { type WebhookStats, watchWebhooks } from './webhook-metrics.ts'

const DURATION_BUCKETS_SECONDS = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5]

/** Of the name of a process in its metrics. */
const INSTANCE_BYTES = 6

/** Sums that PromQL can compute, and gauges named like counters, which promtool rejects. */
const MISNAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
]

/** The traffic in flight between the registry and its clients. */
export interface TrafficStats {
  readonly bodyBytes: number
  readonly responseBytes: number
  /** Open connections, including streams. */
  readonly connections: number
  readonly streams: number
  /** Infinity if there is no limit. */
  readonly connectionLimit: number
}

/** The metrics of the registry, in the format of Prometheus. */
export class RegistryMetrics {
  readonly #registry = new Registry()
  readonly #requests: PlainCounter<'operation' | 'status'>
  readonly #drops: PlainCounter<'reason'>
  readonly #refused: PlainCounter<'reason'>
  readonly #closed: PlainCounter<'reason'>
  readonly #rateLimited: PlainCounter<'limit'>
  readonly #duration: Histogram<'operation'>
  readonly #durationChildren = new Map<string, Histogram.Internal<'operation'>>()
  /** A plain number: a labelled counter costs more than the rest of a heartbeat. */
  #plainHeartbeats = 0
  #batchedHeartbeats = 0

  constructor() {
    const registers = [this.#registry]
    collectDefaultMetrics({ register: this.#registry })
    for (const name of MISNAMED) this.#registry.removeSingleMetric(name)
    new Gauge({
      name: 'rollcall_build_info',
      help: 'Always 1; the labels are the versions of the registry and of Node.',
      labelNames: ['version', 'node'],
      registers,
    }).set({ version: VERSION, node: process.version }, 1)
    new Gauge({
      name: 'rollcall_instance_info',
      help: 'Always 1; the label identifies the process, to whose counters no others may be compared.',
      labelNames: ['instance'],
      registers,
    }).set({ instance: randomBytes(INSTANCE_BYTES).toString('hex') }, 1)
    this.#requests = new PlainCounter({
      name: 'rollcall_http_requests_total',
      help: 'HTTP requests by operation and status. Plain heartbeats are counted separately.',
      labelNames: ['operation', 'status'],
      registry: this.#registry,
    })
    this.#duration = new Histogram({
      name: 'rollcall_http_request_duration_seconds',
      help: 'Time from the request to the end of the response. Plain heartbeats are not timed.',
      labelNames: ['operation'],
      buckets: DURATION_BUCKETS_SECONDS,
      registers,
    })
    this.#drops = new PlainCounter({
      name: 'rollcall_feed_dropped_readers_total',
      help: 'Streams closed because the reader did not keep up, or because of a failure.',
      labelNames: ['reason'],
      registry: this.#registry,
    })
    this.#refused = new PlainCounter({
      name: 'rollcall_connections_refused_total',
      help: 'Connections refused because the process may not open more files.',
      labelNames: ['reason'],
      registry: this.#registry,
    })
    this.#closed = new PlainCounter({
      name: 'rollcall_connections_closed_total',
      help: 'Connections that the registry closed to protect itself, by reason.',
      labelNames: ['reason'],
      registry: this.#registry,
    })
    this.#rateLimited = new PlainCounter({
      name: 'rollcall_requests_rate_limited_total',
      help: 'Requests refused because their caller sends too many, by the setting.',
      labelNames: ['limit'],
      registry: this.#registry,
    })
    exposeMetrics(this.#registry, Counter, [
      [
        'rollcall_plain_heartbeats_total',
        'Heartbeats without a body and with status 200.',
        () => this.#plainHeartbeats,
      ],
      [
        'rollcall_batched_heartbeats_total',
        'Heartbeats in batches that renewed a lease.',
        () => this.#batchedHeartbeats,
      ],
    ])
  }

  countPlainHeartbeat(): void {
    this.#plainHeartbeats++
  }

  countBatchedHeartbeats(renewed: number): void {
    this.#batchedHeartbeats += renewed
  }

  countRequest(operation: OperationId | 'unknown', status: number, seconds: number): void {
    this.#requests.count(`${operation} ${status}`, () => ({ operation, status: String(status) }))
    this.#durationOf(operation).observe(seconds)
  }

  /** Counts a dropped reader of the change feed. */
  countDrop(reason: string): void {
    this.#drops.count(reason, () => ({ reason }))
  }

  /** Counts a connection that was closed without reading from it. */
  countRefusedConnection(reason: string): void {
    this.#refused.count(reason, () => ({ reason }))
  }

  /** Counts a connection that was closed because of the behaviour of its client. */
  countClosedConnection(reason: string): void {
    this.#closed.count(reason, () => ({ reason }))
  }

  /** Counts a request beyond the rate limit of its caller. */
  countRateLimited(limit: string): void {
    this.#rateLimited.count(limit, () => ({ limit }))
  }

  /** Exposes the number of log lines dropped because the output was blocked. */
  watchLog(droppedLines: () => number): void {
    exposeMetrics(this.#registry, Counter, [
      [
        'rollcall_log_dropped_lines_total',
        'Log lines dropped because the output was blocked.',
        droppedLines,
      ],
    ])
  }

  /** Exposes the number of audit lines dropped because the disk was too slow. */
  watchAudit(audit: { readonly dropped: number }): void {
    exposeMetrics(this.#registry, Counter, [
      [
        'rollcall_audit_dropped_lines_total',
        'Lines of the audit log dropped because its file could not be written.',
        () => audit.dropped,
      ],
    ])
  }

  /** Exposes scheduled backups. */
  watchBackups(statistics: () => BackupStatistics | undefined): void {
    watchBackups(this.#registry, statistics)
  }

  /** Exposes the deliveries of webhooks. */
  watchWebhooks(stats: () => WebhookStats): void {
    watchWebhooks(this.#registry, stats)
  }

  /** Exposes what is refused because of an overload. */
  watchOverload(stats: () => OverloadStats): void {
    watchOverload(this.#registry, stats)
  }

  /** Exposes connections, and the memory of requests and responses in flight. */
  watchTraffic(traffic: TrafficStats): void {
    exposeMetrics(this.#registry, Gauge, [
      [
        'rollcall_http_body_bytes',
        'Memory used by request bodies that arrive in several chunks.',
        () => traffic.bodyBytes,
      ],
      [
        'rollcall_http_response_bytes',
        'Memory used by unsent lists and pages of events.',
        () => traffic.responseBytes,
      ],
      [
        'rollcall_connections_limit',
        'Connections that the open-file limit allows.',
        () => traffic.connectionLimit,
      ],
    ])
    new Gauge({
      name: 'rollcall_connections',
      help: 'Open connections: those that carry a stream, and the others.',
      labelNames: ['kind'],
      registers: [this.#registry],
      collect() {
        this.set({ kind: 'stream' }, traffic.streams)
        this.set({ kind: 'other' }, Math.max(0, traffic.connections - traffic.streams))
      },
    })
  }

  /** Exposes statistics of the change feed. */
  watchFeed(feed: { readonly stats: FeedStats }): void {
    exposeMetrics(this.#registry, Gauge, [
      [
        'rollcall_feed_readers',
        'Streams of the change feed that have caught up.',
        () => feed.stats.readers,
      ],
    ])
    exposeMetrics(this.#registry, Counter, [
      [
        'rollcall_feed_wakeups_total',
        'Times that the feed woke up for new transitions.',
        () => feed.stats.wakeUps,
      ],
      [
        'rollcall_feed_events_total',
        'Events delivered to streams, counted once per stream.',
        () => feed.stats.deliveries,
      ],
    ])
  }

  /** Exposes takeovers of agents by other instances. */
  watchTakeovers(takeovers: { readonly count: number; readonly flapping: number }): void {
    exposeMetrics(this.#registry, Counter, [
      [
        'rollcall_agent_takeovers_total',
        'Registrations of a live agent by another instance.',
        () => takeovers.count,
      ],
    ])
    exposeMetrics(this.#registry, Gauge, [
      [
        'rollcall_flapping_agents',
        'Agents that several instances register again and again, each replacing the other.',
        () => takeovers.flapping,
      ],
    ])
  }

  /** Exposes the number of running and waiting queries. */
  watchQueries(admission: { readonly stats: { running: number; waiting: number } }): void {
    exposeMetrics(this.#registry, Gauge, [
      ['rollcall_queries_running', 'Running queries.', () => admission.stats.running],
      [
        'rollcall_queries_waiting',
        'Queries waiting because of the concurrency limit.',
        () => admission.stats.waiting,
      ],
    ])
  }

  /** Exposes a repository: its counts when scraped, its transitions as they happen. */
  watch(repository: AgentRegistryRepository): void {
    watchAgents(this.#registry, repository)
    watchStorage(this.#registry, repository)
  }

  /** Returns the text that Prometheus scrapes. */
  async expose(): Promise<{ contentType: string; text: string }> {
    return { contentType: this.#registry.contentType, text: await this.#registry.metrics() }
  }

  /** Caches children, because looking one up by its labels costs more than observing a duration. */
  #durationOf(operation: string): Histogram.Internal<'operation'> {
    const child = this.#durationChildren.get(operation) ?? this.#duration.labels({ operation })
    this.#durationChildren.set(operation, child)
    return child
  }
}
