import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { RegisteredAgent } from '@rollcall/protocol'
import { type HttpClient, registration } from '../../e2e/support/http-client.ts'
import { nowMs } from '../clock.ts'
import type { HeartbeatSample, ProberOptions, ProberReport } from './heartbeat-sample.ts'

const PROGRAM = fileURLToPath(new URL('prober-process.ts', import.meta.url))

/** What the ids of the fleet begin with. */
const PREFIX = 'beating-'
const TTL_SECONDS = 10
const SINGLES_PER_SECOND = 50
const BATCHES_PER_SECOND = 5
/** Each agent then beats every three seconds, as its TTL asks for. */
const AGENTS_PER_BATCH = 10

/** A fleet that beats in a process of its own, with what came of each heartbeat. */
export class Prober implements AsyncDisposable {
  readonly samples: HeartbeatSample[] = []
  readonly #revisions: ReadonlyMap<string, number>
  readonly #child: ChildProcess
  #waiting: ProberReport['waiting'] = []
  #reportedAt = 0
  #isPaused = false

  private constructor(revisions: ReadonlyMap<string, number>, child: ChildProcess) {
    this.#revisions = revisions
    this.#child = child
    child.on('message', ({ samples, waiting }: ProberReport) => {
      if (this.#isPaused) return
      this.samples.push(...samples)
      this.#waiting = waiting
      this.#reportedAt = nowMs()
    })
  }

  /** Registers the fleet and lets it beat. */
  static async start(
    http: HttpClient,
    options: { urls: readonly string[]; agents: number; hasNewConnections: boolean },
  ): Promise<Prober> {
    const ids = Array.from({ length: options.agents }, (_, index) => `${PREFIX}${index}`)
    const revisions = new Map<string, number>()
    for (const id of ids) {
      const agent = registration(id, { ttl_seconds: TTL_SECONDS })
      const { status, body } = await http.send<RegisteredAgent>('POST', '/agents/register', agent)
      if (status !== 200) throw new Error(`the fleet cannot register: ${status}`)
      revisions.set(id, body.revision)
    }
    const half = ids.length >> 1
    const batched = ids.slice(half)
    const child = fork(
      PROGRAM,
      [
        JSON.stringify({
          urls: options.urls,
          singleIds: ids.slice(0, half),
          batches: Array.from({ length: Math.ceil(batched.length / AGENTS_PER_BATCH) }, (_, i) =>
            batched.slice(i * AGENTS_PER_BATCH, (i + 1) * AGENTS_PER_BATCH),
          ),
          singlesPerSecond: SINGLES_PER_SECOND,
          batchesPerSecond: BATCHES_PER_SECOND,
          hasNewConnections: options.hasNewConnections,
        } satisfies ProberOptions),
      ],
      { execArgv: [] },
    )
    return new Prober(revisions, child)
  }

  /** Milliseconds that the heartbeat has waited which waits for its answer the longest. */
  get longestWaitMs(): number {
    return this.#waiting.reduce((longest, { dueAt }) => Math.max(longest, nowMs() - dueAt), 0)
  }

  /** When it was last heard of. */
  get reportedAt(): number {
    return this.#reportedAt
  }

  /** Ends the fleet's heartbeats for good; what it has seen so far stays. */
  pause(): void {
    this.#isPaused = true
    this.#waiting = []
    this.#child.kill('SIGKILL')
  }

  /** What has not been answered so far, with what it has waited. */
  unanswered(): HeartbeatSample[] {
    return this.#waiting.map((each) => ({
      ...each,
      latencyMs: nowMs() - each.dueAt,
      status: undefined,
    }))
  }

  /**
   * Counts the agents that are not as they registered. Heartbeats are no changes: whose revision is
   * another one, or who is dead or gone, was declared dead although it beat.
   */
  async countFalseExpiries(http: HttpClient): Promise<number> {
    let count = 0
    for (const [id, revision] of this.#revisions) {
      const { body } = await http.get<Partial<RegisteredAgent>>(`/agents/${id}`)
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
