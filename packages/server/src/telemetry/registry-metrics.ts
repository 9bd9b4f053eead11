import { VIEW_STATUSES } from '@rollcall/protocol'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { AgentRegistryRepository } from '../domain/agent-registry-repository.ts'
import type { FeedStats } from '../feed/feed-reader.ts'
import type { OperationId } from '../operations/operations.ts'
import { VERSION } from '../version.ts'
import { exposeGauges } from './exposed-figures.ts'
import { PlainCounter } from './plain-counter.ts'
import { watchStorage } from './storage-metrics.ts'

const DURATION_BUCKETS_SECONDS = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5]
const DELAY_BUCKETS_SECONDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 5, 60]

/** Sums that PromQL makes of others, and gauges named as counters, which promtool objects to. */
const MISNAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
]

/** What is on its way between the registry and its clients. */
export interface TrafficStats {
  readonly bodyBytes: number
  readonly responseBytes: number
  /** That are open, streams among them. */
  readonly connections: number
  readonly streams: number
  /** Infinity: there is none. */
  readonly connectionLimit: number
}

/** What an operator watches, as Prometheus reads it. */
export class RegistryMetrics {
  readonly #registry = new Registry()
  readonly #requests: PlainCounter<'operation' | 'status'>
  readonly #drops: PlainCounter<'reason'>
  readonly #refused: PlainCounter<'reason'>
  readonly #closed: PlainCounter<'reason'>
  readonly #duration: Histogram<'operation'>
  readonly #durationChildren = new Map<string, Histogram.Internal<'operation'>>()
  /** A plain number: a labelled counter costs more than the rest of a heartbeat. */
  #plainHeartbeats = 0

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
    this.#requests = new PlainCounter({
      name: 'rollcall_http_requests_total',
      help: 'Requests answered, by call and status. Plain heartbeats are counted apart.',
      labelNames: ['operation', 'status'],
      registry: this.#registry,
    })
    this.#duration = new Histogram({
      name: 'rollcall_http_request_duration_seconds',
      help: 'Time from the request to the end of the answer. Plain heartbeats are not timed.',
      labelNames: ['operation'],
      buckets: DURATION_BUCKETS_SECONDS,
      registers,
    })
    this.#drops = new PlainCounter({
      name: 'rollcall_feed_dropped_readers_total',
      help: 'Streams that were cut off because the reader did not keep up, or was not served.',
      labelNames: ['reason'],
      registry: this.#registry,
    })
    this.#refused = new PlainCounter({
      name: 'rollcall_connections_refused_total',
      help: 'Connections that were closed unread, because the process may not open more files.',
      labelNames: ['reason'],
      registry: this.#registry,
    })
    this.#closed = new PlainCounter({
      name: 'rollcall_connections_closed_total',
      help: 'Connections that the registry closed to protect itself, by what their client did.',
      labelNames: ['reason'],
      registry: this.#registry,
    })
    const plainHeartbeats = () => this.#plainHeartbeats
    new Counter({
      name: 'rollcall_plain_heartbeats_total',
      help: 'Heartbeats without a body, answered with 200.',
      registers,
      collect() {
        this.reset()
        this.inc(plainHeartbeats())
      },
    })
  }

  countPlainHeartbeat(): void {
    this.#plainHeartbeats++
  }

  countRequest(operation: OperationId | 'unknown', status: number, seconds: number): void {
    this.#requests.count(`${operation} ${status}`, () => ({ operation, status: String(status) }))
    this.#durationOf(operation).observe(seconds)
  }

  /** Counts a reader of the change feed that was cut off. */
  countDrop(reason: string): void {
    this.#drops.count(reason, () => ({ reason }))
  }

  /** Counts a connection that was closed unread. */
  countRefusedConnection(reason: string): void {
    this.#refused.count(reason, () => ({ reason }))
  }

  /** Counts a connection that was closed because of what its client did. */
  countClosedConnection(reason: string): void {
    this.#closed.count(reason, () => ({ reason }))
  }

  /** Watches a log that drops lines when its output takes no more. */
  watchLog(droppedLines: () => number): void {
    exposeGauges(this.#registry, Counter, [
      [
        'rollcall_log_dropped_lines_total',
        'Lines of the log that were dropped, because the output took no more.',
        droppedLines,
      ],
    ])
  }

  /** Watches connections, and the memory that requests and responses occupy on their way. */
  watchTraffic(traffic: TrafficStats): void {
    exposeGauges(this.#registry, Gauge, [
      [
        'rollcall_http_body_bytes',
        'Memory that request bodies occupy while they arrive in pieces.',
        () => traffic.bodyBytes,
      ],
      [
        'rollcall_http_response_bytes',
        'Memory that lists and pages of events occupy while their clients take them.',
        () => traffic.responseBytes,
      ],
      [
        'rollcall_connections_limit',
        'Connections that the limit of open files leaves room for.',
        () => traffic.connectionLimit,
      ],
    ])
    new Gauge({
      name: 'rollcall_connections',
      help: 'Connections that are open: those that carry a stream, and the others.',
      labelNames: ['kind'],
      registers: [this.#registry],
      collect() {
        this.set({ kind: 'stream' }, traffic.streams)
        this.set({ kind: 'other' }, Math.max(0, traffic.connections - traffic.streams))
      },
    })
  }

  /** Watches the change feed. */
  watchFeed(feed: { readonly figures: FeedStats }): void {
    exposeGauges(this.#registry, Gauge, [
      [
        'rollcall_feed_readers',
        'Streams of the change feed that have caught up.',
        () => feed.figures.readers,
      ],
    ])
    exposeGauges(this.#registry, Counter, [
      [
        'rollcall_feed_wakeups_total',
        'Times that something happened to tell of.',
        () => feed.figures.wakeUps,
      ],
      [
        'rollcall_feed_events_total',
        'Events handed to streams, once for each.',
        () => feed.figures.deliveries,
      ],
    ])
  }

  /** Watches the queries that run and those that wait. */
  watchQueries(admission: { readonly figures: { running: number; waiting: number } }): void {
    exposeGauges(this.#registry, Gauge, [
      ['rollcall_queries_running', 'Queries that run.', () => admission.figures.running],
      [
        'rollcall_queries_waiting',
        'Queries that wait, because as many run as may.',
        () => admission.figures.waiting,
      ],
    ])
  }

  /** Watches a repository: its counts when asked, its transitions as they come. */
  watch(repository: AgentRegistryRepository): void {
    const registers = [this.#registry]
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
    const transitions = new PlainCounter({
      name: 'rollcall_transitions_total',
      help: 'Visible changes of agents, by kind.',
      labelNames: ['type'],
      registry: this.#registry,
    })
    const expiryDelay = new Histogram({
      name: 'rollcall_expiry_delay_seconds',
      help: 'Time from the deadline of a lease to the transition that tells of it.',
      buckets: DELAY_BUCKETS_SECONDS,
      registers,
    })
    repository.subscribe((batch) => {
      for (const { type, atMs, agent } of batch) {
        transitions.count(type, () => ({ type }))
        if (type === 'expired') expiryDelay.observe((atMs - agent.expiresAtMs) / 1000)
      }
    })
    watchStorage(this.#registry, repository)
  }

  /** The text that Prometheus scrapes. */
  async expose(): Promise<{ contentType: string; text: string }> {
    return { contentType: this.#registry.contentType, text: await this.#registry.metrics() }
  }

  /** Finding a child by its labels costs more than timing; so each is found once. */
  #durationOf(operation: string): Histogram.Internal<'operation'> {
    const child = this.#durationChildren.get(operation) ?? this.#duration.labels({ operation })
    this.#durationChildren.set(operation, child)
    return child
  }
}
