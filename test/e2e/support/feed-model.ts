import type { Agent, AgentEvent, SnapshotEvent, StreamEvent } from '@rollcall/protocol'
import type { Told } from './feed-stream.ts'

/** What a consumer asks a stream for when it connects. */
export type Ground =
  /** It knows nothing, and wants a snapshot. */
  | 'nothing'
  /** It goes on behind the id that it gives, if the history still reaches back to there. */
  | 'a place'
  /** It gives an id from which no stream can go on. */
  | 'no place'

/** What the next event may be. */
type Phase = 'reset' | 'snapshot or change' | 'change'

/**
 * What a consumer holds who does as the documentation says: on `reset` it forgets everything, on
 * an event with `listed: true` it keeps the agent, with `listed: false` it drops it. Throws as
 * soon as the order of the events is not what the documentation promises.
 */
export class FeedModel {
  readonly agents = new Map<string, Agent>()
  readonly figures = { resumes: 0, resets: 0, applied: 0 }
  readonly #followsEverything: boolean
  #lastId: string | undefined
  #epoch: string | undefined
  /** Everything up to this revision was told; undefined: not known. */
  #toldTo: number | undefined
  #phase: Phase = 'snapshot or change'
  #isResuming = false

  /** @param followsEverything there is no transition that the consumer is not told of */
  constructor(followsEverything: boolean) {
    this.#followsEverything = followsEverything
  }

  /** With what an `EventSource` would come back. */
  get lastId(): string | undefined {
    return this.#lastId
  }

  /** A connection begins. */
  begin(ground: Ground, id?: string): void {
    this.#isResuming = ground === 'a place'
    if (ground === 'nothing') this.#forget()
    this.#phase =
      ground === 'no place' ? 'reset' : this.#isResuming ? 'change' : 'snapshot or change'
    this.#toldTo = this.#isResuming ? Number(id?.split(':').at(-1)) : undefined
    if (this.#isResuming) this.#epoch = id?.split(':')[0]
  }

  take({ id, event }: Told): void {
    if (event.type === 'reset') this.#reset(event as StreamEvent)
    else if (this.#phase === 'reset') throw new Error('no reset, though the id was no place')
    else this.#takeAfterReset(id, event)
    const [epoch, place] = id.split(':')
    this.#epoch ??= epoch
    const expected = this.#phase === 'change' ? `${this.#toldTo}` : 'snapshot'
    if (epoch !== this.#epoch || place !== expected) {
      throw new Error(`the id is ${id} instead of ${this.#epoch}:${expected}`)
    }
    this.#lastId = id
    if (this.#isResuming && event.type !== 'reset') this.figures.resumes++
    this.#isResuming = false
  }

  #takeAfterReset(id: string, event: Told['event']): void {
    switch (event.type) {
      case 'reset':
      case 'closing':
        throw new Error(`${JSON.stringify(event)} with the id ${id} out of turn`)
      case 'synced':
      case 'bookmark':
        this.#stand(event as StreamEvent)
        break
      case 'snapshot':
        this.#keep(event as SnapshotEvent)
        break
      default:
        this.#change(event as AgentEvent)
    }
  }

  #reset(event: StreamEvent): void {
    this.#forget()
    this.#epoch = event.epoch
    this.#toldTo = event.revision
    this.#phase = 'snapshot or change'
    this.figures.resets++
  }

  #forget(): void {
    this.agents.clear()
    this.#lastId = undefined
    this.#epoch = undefined
  }

  #keep({ agent_id, agent }: SnapshotEvent): void {
    if (this.#phase !== 'snapshot or change') throw new Error('a snapshot in the midst of changes')
    this.#put(agent_id, agent)
  }

  #change({ revision, agent_id, agent, listed, type }: AgentEvent): void {
    const behind = this.#toldTo ?? revision - 1
    if (revision <= behind) throw new Error(`${type} ${revision} was told already, or late`)
    if (this.#followsEverything && revision > behind + 1) {
      throw new Error(`nothing was told between ${behind} and ${revision}`)
    }
    if (agent.revision !== revision) throw new Error(`${revision} shows ${agent.revision}`)
    this.#toldTo = revision
    this.#phase = 'change'
    if (listed) this.#put(agent_id, agent)
    else this.agents.delete(agent_id)
    this.figures.applied++
  }

  #stand({ revision, type }: StreamEvent): void {
    const behind = this.#toldTo ?? revision
    const isWrong = this.#followsEverything ? revision !== behind : revision < behind
    if (isWrong) throw new Error(`${type} ${revision} after everything was told up to ${behind}`)
    this.#toldTo = revision
    this.#phase = 'change'
  }

  #put(agentId: string, agent: Agent): void {
    if (agent.agent_id !== agentId) throw new Error(`${agentId} shows ${agent.agent_id}`)
    this.agents.set(agentId, agent)
  }
}
