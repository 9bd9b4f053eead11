import { isApiError, type RegistryApi } from '@rollcall/client'
import { VIEW_STATUSES, type ViewStatus } from '@rollcall/protocol'
import { type MetricSample, parseMetrics } from './metrics-text.ts'
import { ValueStore } from './value-store.ts'

/** Milliseconds between two samples. */
const PULSE_INTERVAL_MS = 2000
/** Samples that are kept: five minutes. */
const PULSE_SAMPLES = 150

const AGENTS = 'rollcall_agents'
const TRANSITIONS = 'rollcall_transitions_total'
const PLAIN_HEARTBEATS = 'rollcall_plain_heartbeats_total'
const BATCHED_HEARTBEATS = 'rollcall_batched_heartbeats_total'
const REQUESTS = 'rollcall_http_requests_total'
const NAMES = new Set([AGENTS, TRANSITIONS, PLAIN_HEARTBEATS, BATCHED_HEARTBEATS, REQUESTS])

/** The fleet at one moment. */
export interface PulseSample {
  /** Milliseconds of a monotonic clock. */
  readonly atMs: number
  readonly agents: Readonly<Record<ViewStatus, number>>
  /** Since the node was started. */
  readonly transitions: number
  /** Since the node was started. */
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
    agents: Object.fromEntries(
      VIEW_STATUSES.map((status) => [status, counts.get(status) ?? 0]),
    ) as Record<ViewStatus, number>,
    transitions: sum(samplesOf(TRANSITIONS)),
    heartbeats:
      sum(samplesOf(PLAIN_HEARTBEATS)) + sum(samplesOf(BATCHED_HEARTBEATS)) + sum(reports),
  }
}

/**
 * Returns what happened per second between each two samples. After a restart, counters begin at zero: nothing is known
 * of that interval, and it counts as none.
 */
export function ratesOf(
  samples: readonly PulseSample[],
  key: 'transitions' | 'heartbeats',
): readonly number[] {
  return samples.slice(1).map((sample, index) => {
    const before = samples[index] as PulseSample
    const perMs = (sample[key] - before[key]) / (sample.atMs - before.atMs)
    return Math.max(0, perMs * 1000)
  })
}

function sum(samples: readonly MetricSample[]): number {
  return samples.reduce((total, { value }) => total + value, 0)
}
