import type { Heartbeat } from '../../domain/heartbeat.ts'
import type { Intent } from '../../domain/transition-batch.ts'
import type { ChangeKind, ChangePace } from './change-pace.ts'

/** What an agent itself changes: it registers, or reports something with a heartbeat. */
export type AgentIntent = Intent & { readonly event: 'register' | 'heartbeat' }

/** A change that waits until its agent may change again. */
interface WaitingChange<Outcome> {
  /** What is to be recorded: the newest of those that came meanwhile. */
  intent: AgentIntent
  readonly outcome: Promise<Outcome>
  /** Ends the wait. */
  readonly record: () => void
}

/**
 * Records what agents change, each as soon as it may change. Of several changes of one agent that wait,
 * only the newest is recorded, and all of them have its outcome: so what was acknowledged, or something
 * newer, is durable.
 */
export class PacedChanges<Outcome> {
  readonly #pace: ChangePace
  readonly #write: (intents: readonly AgentIntent[]) => Promise<readonly Outcome[]>
  readonly #revisionOf: (outcome: Outcome) => number | undefined
  readonly #mostAtOnce: number
  readonly #waiting = new Map<string, WaitingChange<Outcome>>()
  #coalesced = 0

  /**
   * @param options.write records changes, and gives the outcome of each
   * @param options.revisionOf of the last change of an agent; undefined: there is no such agent
   * @param options.mostAtOnce changes that one write takes: it is one piece of work
   */
  constructor(options: {
    pace: ChangePace
    write: (intents: readonly AgentIntent[]) => Promise<readonly Outcome[]>
    revisionOf: (outcome: Outcome) => number | undefined
    mostAtOnce: number
  }) {
    this.#pace = options.pace
    this.#write = options.write
    this.#revisionOf = options.revisionOf
    this.#mostAtOnce = options.mostAtOnce
  }

  /** Changes that were not recorded, because a newer one of the same agent was. */
  get coalesced(): number {
    return this.#coalesced
  }

  /** Whether a change of an agent waits: then what it reports now comes after that. */
  isWaiting(agentId: string): boolean {
    return this.#waiting.has(agentId)
  }

  /** Whether a change would have to wait. */
  mustWait(intent: AgentIntent): boolean {
    return this.#pace.waitMs(intent.agentId, kindOf(intent)) > 0
  }

  /** Resolves once the change, or a newer one of the same agent, is recorded. */
  add(intent: AgentIntent): Promise<Outcome> {
    return this.#isDue(intent) ? this.#record(intent) : this.#later(intent)
  }

  /** As {@link add}, for different agents. Gives their outcomes in order. */
  async addAll(intents: readonly AgentIntent[]): Promise<Outcome[]> {
    const due: AgentIntent[] = []
    const later = new Map<string, Promise<Outcome>>()
    for (const intent of intents) {
      if (this.#isDue(intent)) due.push(intent)
      else later.set(intent.agentId, this.#later(intent))
    }
    const writes: Promise<readonly Outcome[]>[] = []
    for (let at = 0; at < due.length; at += this.#mostAtOnce) {
      writes.push(this.#recordAll(due.slice(at, at + this.#mostAtOnce)))
    }
    const recorded = (await Promise.all(writes)).flat().values()
    return Promise.all(
      intents.map(({ agentId }) => later.get(agentId) ?? (recorded.next().value as Outcome)),
    )
  }

  /** Notes a load that was reported after a change that waits. */
  noteLoad(agentId: string, load: number): void {
    const waiting = this.#waiting.get(agentId)
    if (waiting) waiting.intent = joined(waiting.intent, toIntent({ agentId, load }))
  }

  /** Notes a change that an agent, or somebody else, makes and that need not wait. */
  count(agentId: string): void {
    this.#pace.count(agentId, 'registration')
  }

  /** Records what waits of an agent now, because something else is to happen to it. */
  recordNow(agentId: string): void {
    this.#waiting.get(agentId)?.record()
  }

  /** Records all that wait. */
  recordAll(): void {
    for (const { record } of [...this.#waiting.values()]) record()
  }

  /** Whether a change may be recorded now. A heartbeat without a status only revives. */
  #isDue(intent: AgentIntent): boolean {
    if (this.#waiting.has(intent.agentId)) return false
    if (!isCounted(intent)) return !this.mustWait(intent)
    return this.#pace.take(intent.agentId, kindOf(intent))
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
    this.#pace.settle(intent.agentId, kindOf(intent), revision)
  }

  #later(intent: AgentIntent): Promise<Outcome> {
    const waiting = this.#waiting.get(intent.agentId)
    if (waiting === undefined) return this.#wait(intent)
    this.#coalesced++
    waiting.intent = joined(waiting.intent, intent)
    if (!this.mustWait(waiting.intent)) waiting.record()
    return waiting.outcome
  }

  #wait(intent: AgentIntent): Promise<Outcome> {
    const { agentId } = intent
    const { promise: outcome, resolve } = Promise.withResolvers<Outcome>()
    const record = (): void => {
      clearTimeout(timer)
      this.#waiting.delete(agentId)
      this.#pace.count(agentId, kindOf(waiting.intent))
      resolve(this.#record(waiting.intent))
    }
    const timer = setTimeout(record, this.#pace.waitMs(agentId, kindOf(intent)))
    const waiting = { intent, outcome, record }
    this.#waiting.set(agentId, waiting)
    return outcome
  }
}

/** What a heartbeat that is recorded wants. */
export function toIntent({ agentId, ...report }: Heartbeat): AgentIntent {
  return { event: 'heartbeat', agentId, report }
}

function kindOf({ event }: AgentIntent): ChangeKind {
  return event === 'register' ? 'registration' : 'status'
}

function isCounted(intent: AgentIntent): boolean {
  return intent.event === 'register' || intent.report.status !== undefined
}

/** Both at once: of each field, what came last. */
function joined(before: AgentIntent, after: AgentIntent): AgentIntent {
  const earlier = before.event === 'register' ? before : before.report
  const later = after.event === 'register' ? after : after.report
  const status = later.status ?? earlier.status
  // Null is a load, too: that of an agent which reports none.
  const load = later.load === undefined ? earlier.load : later.load
  if (after.event === 'register') return { ...after, status, load }
  if (before.event === 'register') return { ...before, status, load }
  return { ...after, report: { status, load: load ?? undefined } }
}
