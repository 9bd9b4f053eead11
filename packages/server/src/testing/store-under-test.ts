import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AgentRecord } from '../domain/agent-record.ts'
import type { AgentRegistration } from '../domain/agent-registration.ts'
import type { AgentRegistryRepository } from '../domain/agent-registry-repository.ts'
import type { Caller } from '../domain/caller.ts'
import type { BrakeOptions } from '../domain/expiry-brake.ts'
import type { HeartbeatReceipt, HeartbeatReport } from '../domain/heartbeat.ts'
import type { AgentQuery } from '../domain/query/agent-query.ts'
import type { Transition } from '../domain/transition.ts'
import type { ConformanceContext, ConformanceSubject } from './conformance-subject.ts'
import { ManualClock } from './manual-clock.ts'
import { registration } from './sample-registration.ts'

/** A store for a single test: opened with a manual clock, and deleted at the end of the test. */
export class StoreUnderTest implements AsyncDisposable {
  readonly #subject: ConformanceSubject
  #context: ConformanceContext
  #repository: AgentRegistryRepository

  private constructor(
    subject: ConformanceSubject,
    context: ConformanceContext,
    repository: AgentRegistryRepository,
  ) {
    this.#subject = subject
    this.#context = context
    this.#repository = repository
  }

  static async open(
    subject: ConformanceSubject,
    options: {
      historyLimit?: number
      historyMaxAgeSeconds?: number
      restartGraceSeconds?: number
      /** The brake on mass expiry; default: off, because most tests let their whole fleet lapse. */
      brake?: BrakeOptions
    } = {},
  ): Promise<StoreUnderTest> {
    const context = {
      clock: new ManualClock(),
      folder: await mkdtemp(join(tmpdir(), 'rollcall_test_')),
      historyLimit: options.historyLimit,
      historyMaxAgeSeconds: options.historyMaxAgeSeconds,
      restartGraceSeconds: options.restartGraceSeconds ?? 30,
      ...(options.brake ?? { brakeFraction: 0 }),
    }
    return new StoreUnderTest(subject, context, await subject.open(context))
  }

  get clock(): ManualClock {
    return this.#context.clock
  }

  /** The open store; a new object after {@link restart}. */
  get repository(): AgentRegistryRepository {
    return this.#repository
  }

  get restartGraceMs(): number {
    return this.#context.restartGraceSeconds * 1000
  }

  /**
   * Closes and reopens the store.
   *
   * @param options.awayMs milliseconds that it is closed; default 0
   * @param options.clock default: the same
   */
  async restart(options: { awayMs?: number; clock?: ManualClock } = {}): Promise<void> {
    await this.#repository.close()
    this.clock.advance(options.awayMs ?? 0)
    this.#context = { ...this.#context, clock: options.clock ?? this.clock }
    this.#repository = await this.#subject.open(this.#context)
  }

  /** Registers an agent; defaults are those of {@link registration}. */
  add(overrides: Partial<AgentRegistration> = {}, caller?: Caller): Promise<AgentRecord> {
    return this.#repository.add(registration(overrides), caller)
  }

  /** Sends a heartbeat of the agent that {@link add} registers. */
  heartbeat(report: HeartbeatReport, caller?: Caller): Promise<HeartbeatReceipt | undefined> {
    return this.#repository.updateHeartbeat(registration().agentId, { ...report, caller })
  }

  /** Registers many agents at once: `agent-0000`, `agent-0001`, … */
  addMany(count: number, overrides: Partial<AgentRegistration> = {}): Promise<AgentRecord[]> {
    return Promise.all(
      Array.from({ length: count }, (_, index) =>
        this.add({ ...overrides, agentId: nthId(index) }),
      ),
    )
  }

  /** Returns an agent, which must exist. */
  async get(agentId = registration().agentId): Promise<AgentRecord> {
    const agent = await this.#repository.get(agentId)
    if (agent === undefined) throw new Error(`there is no agent ${agentId}`)
    return agent
  }

  /** Returns the whole list, with its pages concatenated. */
  async list(query?: AgentQuery): Promise<AgentRecord[]> {
    return (await Array.fromAsync(this.#repository.listAll(query))).flat()
  }

  /** Returns the ids of the listed agents; without a query, of all live agents. */
  async listed(query?: AgentQuery): Promise<string[]> {
    return (await this.list(query)).map(({ agentId }) => agentId)
  }

  /** Returns all transitions, oldest first. */
  transitions(): Promise<readonly Transition[]> {
    return this.#repository.eventsSince(0, 1_000_000)
  }

  /** Returns the types of the transitions after a revision. */
  async transitionTypes(since = 0): Promise<string[]> {
    const transitions = await this.#repository.eventsSince(since, 1_000_000)
    return transitions.map(({ type }) => type)
  }

  async revision(): Promise<number> {
    return (await this.#repository.counts()).revision
  }

  /** Sweeps until nothing is due. Returns the number of expired agents. */
  async sweep(): Promise<number> {
    for (let total = 0; ; ) {
      const { expired, more } = await this.#repository.expireLapsed()
      total += expired
      if (!more) return total
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#repository.close()
    await rm(this.#context.folder, { recursive: true, force: true })
  }
}

/** Returns the id of the agent that {@link StoreUnderTest.addMany} registers at `index`. */
export function nthId(index: number): string {
  return `agent-${String(index).padStart(4, '0')}`
}
