import { isApiError, type RegistryApi } from '@rollcall/client'
import { VIEW_STATUSES, type ViewStatus } from '@rollcall/protocol'
import { type MetricSample, parseMetrics } from './metrics-text.ts'
import { ValueStore } from './value-store.ts'

/** Milliseconds between two samples. */
const PULSE_INTERVAL_MS = 2000
/** Samples that are kept: five minutes. */
const PULSE_SAMPLES = 150
/** Samples by which nodes count as there: a minute. */
const RECENT_SAMPLES = 30

const AGENTS = 'rollcall_agents'
const TRANSITIONS = 'rollcall_transitions_total'
const PLAIN_HEARTBEATS = 'rollcall_plain_heartbeats_total'
const BATCHED_HEARTBEATS = 'rollcall_batched_heartbeats_total'
const REQUESTS = 'rollcall_http_requests_total'
const INSTANCE = 'rollcall_instance_info'
const NAMES = new Set([
  INSTANCE,
  AGENTS,
  TRANSITIONS,
  PLAIN_HEARTBEATS,
  BATCHED_HEARTBEATS,
  REQUESTS,
])

/** The fleet at one moment. */
export interface PulseSample {
  /** Milliseconds of a monotonic clock. */
  readonly atMs: number
  /** The process that was asked: behind one address there may be several nodes. Empty: it does not say. */
  readonly instance: string
  readonly agents: Readonly<Record<ViewStatus, number>>
  /** Of all nodes, since this one was started. */
  readonly transitions: number
  /** Sent to this node, since it was started. */
  readonly heartbeats: number
}

/** What the page has seen of the fleet since it was opened. */
export interface Pulse {
  /** Oldest first. */
  readonly samples: readonly PulseSample[]
  /** Whether the caller may not read metrics, because they are about all agents. */
  readonly isForbidden: boolean
}

/** Reads the metrics of the registry again and again, and keeps the last minutes in the page. */
export class FleetPulse {
  readonly pulse = new ValueStore<Pulse>({ samples: [], isForbidden: false })
  readonly #api: Pick<RegistryApi, 'metrics'>

  constructor(api: Pick<RegistryApi, 'metrics'>) {
    this.#api = api
  }

  /** Reads until the signal is aborted. */
  start(signal: AbortSignal): void {
    const read = async (): Promise<void> => {
      await this.#read(signal)
      if (!signal.aborted) timer = setTimeout(read, PULSE_INTERVAL_MS)
    }
    let timer = setTimeout(read, 0)
    signal.addEventListener('abort', () => clearTimeout(timer))
  }

  async #read(signal: AbortSignal): Promise<void> {
    const { samples } = this.pulse.get()
    try {
      const sample = toSample(await this.#api.metrics({ signal }), performance.now())
      const kept = [...samples, sample].slice(-PULSE_SAMPLES)
      this.pulse.set({ samples: kept, isForbidden: false })
    } catch (error) {
      // While the registry is unreachable, the page shows what it has seen.
      if (isApiError(error, 'FORBIDDEN')) this.pulse.set({ samples: [], isForbidden: true })
    }
  }
}

/** Converts the text of `/metrics`. */
export function toSample(text: string, atMs: number): PulseSample {
  const metrics = parseMetrics(text, NAMES)
  const samplesOf = (name: string) => metrics.get(name) ?? []
  const counts = new Map(samplesOf(AGENTS).map(({ labels, value }) => [labels.status, value]))
  const reports = samplesOf(REQUESTS).filter(
    ({ labels }) => labels.operation === 'heartbeat' && labels.status === '200',
  )
  return {
    atMs,
    instance: samplesOf(INSTANCE)[0]?.labels.instance ?? '',
    agents: Object.fromEntries(
      VIEW_STATUSES.map((status) => [status, counts.get(status) ?? 0]),
    ) as Record<ViewStatus, number>,
    transitions: sum(samplesOf(TRANSITIONS)),
    heartbeats:
      sum(samplesOf(PLAIN_HEARTBEATS)) + sum(samplesOf(BATCHED_HEARTBEATS)) + sum(reports),
  }
}

/**
 * Returns what happened per second between each sample and the one before of the same process. Counters of different
 * processes have nothing to do with each other, so after a restart, or at another node, the first sample has no rate.
 */
export function ratesOf(
  samples: readonly PulseSample[],
  key: 'transitions' | 'heartbeats',
): readonly number[] {
  const latest = new Map<string, PulseSample>()
  return samples.flatMap((sample) => {
    const before = latest.get(sample.instance)
    latest.set(sample.instance, sample)
    if (before === undefined) return []
    const perMs = (sample[key] - before[key]) / (sample.atMs - before.atMs)
    return [Math.max(0, perMs * 1000)]
  })
}

/** Returns how many nodes respond by turns. One that was replaced by another, as by a restart, is gone. */
export function nodesIn(samples: readonly PulseSample[]): number {
  const recent = samples.slice(-RECENT_SAMPLES).map(({ instance }) => instance)
  const isAgain = (instance: string, index: number) =>
    recent[index - 1] !== instance && recent.indexOf(instance) < index
  return recent.some(isAgain) ? new Set(recent).size : Math.min(1, recent.length)
}

function sum(samples: readonly MetricSample[]): number {
  return samples.reduce((total, { value }) => total + value, 0)
}
