import { isSameCaller } from '../../domain/caller.ts'
import type { Heartbeat } from '../../domain/heartbeat.ts'
import { callerOf, type Intent } from '../../domain/intent.ts'
import type { ChangeKind, ChangeRateLimiter } from './change-rate-limiter.ts'

/** A change made by the agent itself: a registration, or a report in a heartbeat. */
export type AgentIntent = Intent & { readonly event: 'register' | 'heartbeat' }

/** A change that is deferred until its agent may change again. */
interface WaitingChange<Outcome> {
  /** The change to record, merged from all that arrived meanwhile. */
  intent: AgentIntent
  readonly outcome: Promise<Outcome>
  /** Ends the wait and records the change. */
  readonly record: () => void
}

/**
 * Records the changes of agents, each as soon as the rate limit allows. Coalesces deferred changes of one
 * agent: only the newest is recorded, and all callers get its outcome. So what was acknowledged, or
 * something newer, is durable.
 */
export class PacedChanges<Outcome> {
  readonly #rateLimiter: ChangeRateLimiter
  readonly #write: (intents: readonly AgentIntent[]) => Promise<readonly Outcome[]>
  readonly #revisionOf: (outcome: Outcome) => number | undefined
  readonly #maxBatchSize: number
  readonly #waiting = new Map<string, WaitingChange<Outcome>>()
  #coalesced = 0

  /**
   * @param options.write records changes, and resolves with the outcome of each
   * @param options.revisionOf returns the revision of the agent's last change; undefined: unknown agent
   * @param options.maxBatchSize most changes in one write
   */
  constructor(options: {
    rateLimiter: ChangeRateLimiter
    write: (intents: readonly AgentIntent[]) => Promise<readonly Outcome[]>
    revisionOf: (outcome: Outcome) => number | undefined
    maxBatchSize: number
  }) {
    this.#rateLimiter = options.rateLimiter
    this.#write = options.write
    this.#revisionOf = options.revisionOf
    this.#maxBatchSize = options.maxBatchSize
  }

  /** Number of changes superseded by a newer one of the same agent. */
  get coalesced(): number {
    return this.#coalesced
  }

  /** Returns whether a change of the agent is deferred: later reports must come after it. */
  isWaiting(agentId: string): boolean {
    return this.#waiting.has(agentId)
  }

  /** Returns whether the change would be deferred. */
  mustWait(intent: AgentIntent): boolean {
    return this.#rateLimiter.waitMs(intent.agentId, kindOf(intent)) > 0
  }

  /** Resolves once the change, or a newer one of the same agent, is recorded. */
  add(intent: AgentIntent): Promise<Outcome> {
    return this.#isDue(intent) ? this.#record(intent) : this.#defer(intent)
  }

  /** Like {@link add}, for several changes. Resolves with their outcomes in order. */
  async addAll(intents: readonly AgentIntent[]): Promise<Outcome[]> {
    const due: AgentIntent[] = []
    const later = new Map<AgentIntent, Promise<Outcome>>()
    for (const intent of intents) {
      if (this.#isDue(intent)) due.push(intent)
      else later.set(intent, this.#defer(intent))
    }
    const writes: Promise<readonly Outcome[]>[] = []
    for (let at = 0; at < due.length; at += this.#maxBatchSize) {
      writes.push(this.#recordAll(due.slice(at, at + this.#maxBatchSize)))
    }
    const recorded = (await Promise.all(writes)).flat().values()
    return Promise.all(
      intents.map((intent) => later.get(intent) ?? (recorded.next().value as Outcome)),
    )
  }

  /** Merges a newly reported load into a deferred change. */
  mergeLoad(agentId: string, load: number): void {
    const waiting = this.#waiting.get(agentId)
    if (waiting) waiting.intent = merge(waiting.intent, toIntent({ agentId, load }))
  }

  /** Counts a change that is not rate-limited, by the agent or by another client. */
  count(agentId: string): void {
    this.#rateLimiter.record(agentId, 'registration')
  }

  /** Records the agent's deferred change now, because another operation on the agent follows. */
  recordNow(agentId: string): void {
    this.#waiting.get(agentId)?.record()
  }

  /** Records all deferred changes now. */
  recordAll(): void {
    for (const { record } of [...this.#waiting.values()]) record()
  }

  /** Returns whether a change may be recorded now. A heartbeat without a status only revives. */
  #isDue(intent: AgentIntent): boolean {
    if (this.#waiting.has(intent.agentId)) return false
    if (!isCounted(intent)) return !this.mustWait(intent)
    return this.#rateLimiter.tryTake(intent.agentId, kindOf(intent))
  }

  async #record(intent: AgentIntent): Promise<Outcome> {
    const [outcome] = await this.#write([intent])
    this.#settle(intent, outcome as Outcome)
    return outcome as Outcome
  }

  async #recordAll(intents: readonly AgentIntent[]): Promise<readonly Outcome[]> {
    const outcomes = await this.#write(intents)
    for (const [at, intent] of intents.entries()) this.#settle(intent, outcomes[at] as Outcome)
    return outcomes
  }

  #settle(intent: AgentIntent, outcome: Outcome): void {
    const revision = this.#revisionOf(outcome)
    if (revision === undefined || !isCounted(intent)) return
    this.#rateLimiter.settle(intent.agentId, kindOf(intent), revision)
  }

  #defer(intent: AgentIntent): Promise<Outcome> {
    const waiting = this.#waiting.get(intent.agentId)
    if (waiting === undefined) return this.#startWaiting(intent)
    // What another instance or principal reports must not become part of this change; it comes after it.
    if (!canMerge(waiting.intent, intent)) {
      return waiting.outcome.then(ignore, ignore).then(() => this.add(intent))
    }
    this.#coalesced++
    waiting.intent = merge(waiting.intent, intent)
    if (!this.mustWait(waiting.intent)) waiting.record()
    return waiting.outcome
  }

  #startWaiting(intent: AgentIntent): Promise<Outcome> {
    const { agentId } = intent
    const { promise: outcome, resolve } = Promise.withResolvers<Outcome>()
    const record = (): void => {
      clearTimeout(timer)
      this.#waiting.delete(agentId)
      this.#rateLimiter.record(agentId, kindOf(waiting.intent))
      resolve(this.#record(waiting.intent))
    }
    const timer = setTimeout(record, this.#rateLimiter.waitMs(agentId, kindOf(intent)))
    const waiting = { intent, outcome, record }
    this.#waiting.set(agentId, waiting)
    return outcome
  }
}

/** Converts a heartbeat to the intent that records it. */
export function toIntent({ agentId, ...report }: Heartbeat): AgentIntent {
  return { event: 'heartbeat', agentId, report }
}

function kindOf({ event }: AgentIntent): ChangeKind {
  return event === 'register' ? 'registration' : 'status'
}

function isCounted(intent: AgentIntent): boolean {
  return intent.event === 'register' || intent.report.status !== undefined
}

/** Whether a change may take the place of a deferred one. */
function canMerge(before: AgentIntent, after: AgentIntent): boolean {
  // One of them may be refused, and the history names who made a change.
  if (!isSameCaller(callerOf(before), callerOf(after))) return false
  // A registration replaces whatever came before it.
  if (after.event === 'register') return true
  const { instanceId, ifRevision } = after.report
  if (ifRevision !== undefined) return false
  const isUnsaid = instanceId === undefined && before.event === 'register'
  return isUnsaid || instanceId === instanceIdOf(before)
}

function instanceIdOf(intent: AgentIntent): string | null | undefined {
  return intent.event === 'register' ? intent.instanceId : intent.report.instanceId
}

function ignore(): void {}

/** Merges two changes of one agent; of each field, the later value wins. */
function merge(before: AgentIntent, after: AgentIntent): AgentIntent {
  const earlier = before.event === 'register' ? before : before.report
  const later = after.event === 'register' ? after : after.report
  const status = later.status ?? earlier.status
  // Null is a value, too: it clears the load.
  const load = later.load === undefined ? earlier.load : later.load
  if (after.event === 'register') {
    const kept = before.event === 'register' ? before.card : undefined
    return { ...after, status, load, card: after.card === undefined ? kept : after.card }
  }
  if (before.event === 'register') return { ...before, status, load }
  return { ...after, report: { ...after.report, status, load: load ?? undefined } }
}
