import type { Agent, AgentEvent, SnapshotEvent, StreamEvent } from '@rollcall/protocol'
import type { ReceivedEvent } from './feed-stream.ts'

/** Where a consumer starts when it connects. */
export type StartPosition =
  /** Without a state: it requests a snapshot. */
  | 'fresh'
  /** After the id it sends, if the history still reaches back to there. */
  | 'resumable'
  /** It sends an id from which no stream can resume. */
  | 'not resumable'

/** What the next event may be. */
type Phase = 'reset' | 'snapshot or change' | 'change'

/**
 * The state of a consumer that follows the documentation: on `reset` it clears its state, on an
 * event with `listed: true` it stores the agent, with `listed: false` it drops it. Throws if the
 * order of the events violates the documentation.
 */
export class FeedModel {
  readonly agents = new Map<string, Agent>()
  readonly figures = { resumes: 0, resets: 0, applied: 0 }
  readonly #followsEverything: boolean
  #lastId: string | undefined
  /** Every event up to this revision was received; undefined if unknown. */
  #receivedUpTo: number | undefined
  #phase: Phase = 'snapshot or change'
  #isResuming = false

  /** @param followsEverything whether the consumer receives every transition */
  constructor(followsEverything: boolean) {
    this.#followsEverything = followsEverything
  }

  /** The id that an `EventSource` would resume with. */
  get lastId(): string | undefined {
    return this.#lastId
  }

  /**
   * Begins a connection.
   *
   * @param agents those that it held at that id; default: those that it holds
   */
  begin(position: StartPosition, id?: string, agents?: ReadonlyMap<string, Agent>): void {
    if (agents !== undefined) this.#restore(id, agents)
    this.#isResuming = position === 'resumable'
    if (position === 'fresh') this.#forget()
    this.#phase =
      position === 'not resumable' ? 'reset' : this.#isResuming ? 'change' : 'snapshot or change'
    this.#receivedUpTo = this.#isResuming ? Number(id?.split(':').at(-1)) : undefined
  }

  #restore(id: string | undefined, agents: ReadonlyMap<string, Agent>): void {
    this.#lastId = id
    this.agents.clear()
    for (const [id, agent] of agents) this.agents.set(id, agent)
  }

  take({ id, event }: ReceivedEvent): void {
    // The branch before the colon may change while a stream goes on.
    const place = id.split(':')[1]
    if (event.type === 'closing') {
      this.#close(place)
    } else {
      if (event.type === 'reset') this.#reset(event as StreamEvent)
      else if (this.#phase === 'reset') throw new Error('no reset, though the id is not resumable')
      else this.#takeAfterReset(id, event)
      const expected = this.#phase === 'change' ? `${this.#receivedUpTo}` : 'snapshot'
      if (place !== expected) throw new Error(`the id is ${id} instead of one at ${expected}`)
    }
    this.#lastId = id
    if (this.#isResuming && event.type !== 'reset') this.figures.resumes++
    this.#isResuming = false
  }

  #takeAfterReset(id: string, event: ReceivedEvent['event']): void {
    switch (event.type) {
      case 'reset':
      case 'closing':
        throw new Error(`${JSON.stringify(event)} with the id ${id} out of order`)
      case 'synced':
      case 'bookmark':
        this.#checkPosition(event as StreamEvent)
        break
      case 'snapshot':
        this.#keep(event as SnapshotEvent)
        break
      default:
        this.#change(event as AgentEvent)
    }
  }

  /** The history was replaced. Events of others may have moved the position since the last event. */
  #close(place: string | undefined): void {
    if (place === 'snapshot') return
    if (Number(place) < (this.#receivedUpTo ?? 0)) throw new Error(`closed at ${place}, before it`)
    this.#receivedUpTo = Number(place)
  }

  #reset(event: StreamEvent): void {
    this.#forget()
    this.#receivedUpTo = event.revision
    this.#phase = 'snapshot or change'
    this.figures.resets++
  }

  #forget(): void {
    this.agents.clear()
    this.#lastId = undefined
  }

  #keep({ agent_id, agent }: SnapshotEvent): void {
    if (this.#phase !== 'snapshot or change') throw new Error('a snapshot between changes')
    this.#put(agent_id, agent)
  }

  #change({ revision, agent_id, agent, listed, type }: AgentEvent): void {
    const behind = this.#receivedUpTo ?? revision - 1
    if (revision <= behind) throw new Error(`${type} ${revision} is a duplicate or out of order`)
    if (this.#followsEverything && revision > behind + 1) {
      throw new Error(`nothing was received between ${behind} and ${revision}`)
    }
    if (agent.revision !== revision) throw new Error(`${revision} shows ${agent.revision}`)
    this.#receivedUpTo = revision
    this.#phase = 'change'
    if (listed) this.#put(agent_id, agent)
    else this.agents.delete(agent_id)
    this.figures.applied++
  }

  #checkPosition({ revision, type }: StreamEvent): void {
    const behind = this.#receivedUpTo ?? revision
    const isWrong = this.#followsEverything ? revision !== behind : revision < behind
    if (isWrong)
      throw new Error(`${type} ${revision} after everything was received up to ${behind}`)
    this.#receivedUpTo = revision
    this.#phase = 'change'
  }

  #put(agentId: string, agent: Agent): void {
    if (agent.agent_id !== agentId) throw new Error(`${agentId} shows ${agent.agent_id}`)
    this.agents.set(agentId, agent)
  }
}
