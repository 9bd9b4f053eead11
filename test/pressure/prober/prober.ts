import { type ChildProcess, fork } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { RegisteredAgent } from '@rollcall/protocol'
import { type HttpClient, registration } from '../../e2e/support/http-client.ts'
import { nowMs } from '../clock.ts'
import type {
  HeartbeatKind,
  HeartbeatSample,
  ProberOptions,
  ProberReport,
} from './heartbeat-sample.ts'

const PROGRAM = fileURLToPath(new URL('prober-process.ts', import.meta.url))

/** Prefix of the agent ids. */
const PREFIX = 'beating-'
const TTL_SECONDS = 10
const SINGLES_PER_SECOND = 50
const BATCHES_PER_SECOND = 5
/** With this size each agent sends a heartbeat every three seconds, as its TTL requires. */
const AGENTS_PER_BATCH = 10
/** Milliseconds before a wait is tried again. */
const RETRY_MS = 100

/** Reads an agent. A registry that is overloaded, and says so, has not expired it. */
async function readPatiently(http: HttpClient, id: string) {
  for (;;) {
    const answer = await http.get<Partial<RegisteredAgent>>(`/agents/${id}`)
    if (answer.status === 200 || answer.status === 404) return answer
    await sleep(RETRY_MS)
  }
}

/** A fleet that sends heartbeats from its own process, with the result of each. */
export class Prober implements AsyncDisposable {
  readonly samples: HeartbeatSample[] = []
  #revisions: ReadonlyMap<string, number | undefined> = new Map()
  readonly #child: ChildProcess
  #inFlight: ProberReport['inFlight'] = []
  #reportedAt = 0
  #isPaused = false

  private constructor(child: ChildProcess) {
    this.#child = child
    child.on('message', ({ samples, inFlight }: ProberReport) => {
      if (this.#isPaused) return
      this.samples.push(...samples)
      this.#inFlight = inFlight
      this.#reportedAt = nowMs()
    })
  }

  /**
   * Registers the fleet and starts its heartbeats. Resolves once all agents have sent one: on a busy machine, the
   * first may have expired before the last is registered and the process runs.
   */
  static async start(
    http: HttpClient,
    options: { urls: readonly string[]; agents: number; hasNewConnections: boolean },
  ): Promise<Prober> {
    const ids = Array.from({ length: options.agents }, (_, index) => `${PREFIX}${index}`)
    for (const id of ids) {
      const agent = registration(id, { ttl_seconds: TTL_SECONDS })
      const { status } = await http.send('POST', '/agents/register', agent)
      if (status !== 200) throw new Error(`an agent of the fleet could not register: ${status}`)
    }
    const half = ids.length >> 1
    const singleIds = ids.slice(0, half)
    const batched = ids.slice(half)
    const batches = Array.from({ length: Math.ceil(batched.length / AGENTS_PER_BATCH) }, (_, i) =>
      batched.slice(i * AGENTS_PER_BATCH, (i + 1) * AGENTS_PER_BATCH),
    )
    const child = fork(
      PROGRAM,
      [
        JSON.stringify({
          urls: options.urls,
          singleIds,
          batches,
          singlesPerSecond: SINGLES_PER_SECOND,
          batchesPerSecond: BATCHES_PER_SECOND,
          hasNewConnections: options.hasNewConnections,
        } satisfies ProberOptions),
      ],
      { execArgv: [] },
    )
    const prober = new Prober(child)
    const count = (kind: HeartbeatKind) => prober.samples.filter((it) => it.kind === kind).length
    while (count('single') < singleIds.length || count('batch') < batches.length) {
      await sleep(RETRY_MS)
    }
    const revisions = new Map<string, number | undefined>()
    for (const id of ids) revisions.set(id, (await readPatiently(http, id)).body.revision)
    prober.#revisions = revisions
    prober.samples.length = 0
    return prober
  }

  /** Milliseconds that the oldest heartbeat in flight has waited for its response. */
  get longestWaitMs(): number {
    return this.#inFlight.reduce((longest, { dueAt }) => Math.max(longest, nowMs() - dueAt), 0)
  }

  /** Time of the last report. */
  get reportedAt(): number {
    return this.#reportedAt
  }

  /** Stops the heartbeats for good; the samples so far are kept. */
  pause(): void {
    this.#isPaused = true
    this.#inFlight = []
    this.#child.kill('SIGKILL')
  }

  /** Returns the heartbeats in flight, with their latency so far. */
  pending(): HeartbeatSample[] {
    return this.#inFlight.map((each) => ({
      ...each,
      latencyMs: nowMs() - each.dueAt,
      status: undefined,
    }))
  }

  /**
   * Counts the agents that have changed since the start. Heartbeats change nothing: an agent
   * with another revision, expired or removed, has expired despite its heartbeats.
   */
  async countFalseExpiries(http: HttpClient): Promise<number> {
    let count = 0
    for (const [id, revision] of this.#revisions) {
      const { body } = await readPatiently(http, id)
      if (body.revision !== revision || !body.is_alive) count++
    }
    return count
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = new Promise((resolve) => this.#child.once('exit', resolve))
    this.#child.kill('SIGKILL')
    await ended
  }
}
