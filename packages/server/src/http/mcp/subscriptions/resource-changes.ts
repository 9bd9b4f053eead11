import type { VisibleAgents } from '../../../access/visible-agents.ts'
import { sameCard } from '../../../domain/agent-card.ts'
import type { EventBus } from '../../../domain/event-bus.ts'
import type { Transition, TransitionType } from '../../../domain/transition.ts'
import { FeedWork } from '../../../feed/feed-work.ts'
import { type ChangeListener, Topic } from './topic.ts'

/** Changes by which an agent comes or goes. */
const MEMBERSHIP: ReadonlySet<TransitionType> = new Set([
  'registered',
  'revived',
  'expired',
  'removed',
  'deregistered',
])

/** What a subscriber is interested in. */
export type Interest =
  | { readonly kind: 'agent' | 'card'; readonly agentId: string }
  /** The list of agents: `agents` for every change in it, `members` for agents that come or go. */
  | { readonly kind: 'agents' | 'members' }

/** A topic about many agents: of those that some callers see. */
interface ListTopic {
  readonly topic: Topic
  /** Whether only agents that come or go are of interest. */
  readonly isOfMembers: boolean
  readonly visible: VisibleAgents
}

/**
 * Notifies subscribers of what transitions change. Follows the transitions only while there are subscribers; a
 * transition then costs one look-up, and one check for each list that was quiet.
 */
export class ResourceChanges {
  readonly #bus: EventBus
  /** By kind and agent. */
  readonly #agents = new Map<string, Topic>()
  /** By kind and what is visible. */
  readonly #lists = new Map<string, ListTopic>()
  #due: Topic[] = []
  #isDelivering = false
  #unsubscribe: (() => void) | undefined

  constructor(bus: EventBus) {
    this.#bus = bus
  }

  /**
   * Calls a listener when something has changed, at most once a second.
   *
   * @param visible the agents that the subscriber sees; others do not exist for it
   * @returns ends the subscription
   */
  subscribe(interest: Interest, visible: VisibleAgents, listener: ChangeListener): () => void {
    if ('agentId' in interest && !visible.include(interest.agentId)) return () => undefined
    this.#unsubscribe ??= this.#bus.subscribe((transitions) => this.#observe(transitions))
    const topics: Map<string, Topic | ListTopic> =
      'agentId' in interest ? this.#agents : this.#lists
    const key = `${interest.kind} ${'agentId' in interest ? interest.agentId : visible.tag}`
    const topic = this.#topicOf(key, interest, visible)
    topic.listeners.add(listener)
    return () => {
      if (!topic.listeners.delete(listener) || topic.listeners.size > 0) return
      topic.close()
      topics.delete(key)
      if (this.#agents.size + this.#lists.size > 0) return
      this.#unsubscribe?.()
      this.#unsubscribe = undefined
    }
  }

  #topicOf(key: string, interest: Interest, visible: VisibleAgents): Topic {
    const known = 'agentId' in interest ? this.#agents.get(key) : this.#lists.get(key)?.topic
    if (known !== undefined) return known
    const topic = new Topic((due) => this.#notify(due))
    if ('agentId' in interest) this.#agents.set(key, topic)
    else this.#lists.set(key, { topic, visible, isOfMembers: interest.kind === 'members' })
    return topic
  }

  #observe(transitions: readonly Transition[]): void {
    for (const transition of transitions) {
      const { agentId, type } = transition
      this.#agents.get(`agent ${agentId}`)?.changed()
      if (changesCard(transition)) this.#agents.get(`card ${agentId}`)?.changed()
      for (const { topic, visible, isOfMembers } of this.#lists.values()) {
        if (!topic.isQuiet) continue
        if (isOfMembers && !MEMBERSHIP.has(type)) continue
        if (visible.include(agentId)) topic.changed()
      }
    }
  }

  #notify(topic: Topic): void {
    this.#due.push(topic)
    if (this.#isDelivering) return
    this.#isDelivering = true
    setImmediate(() => this.#deliver())
  }

  /** In time slices: thousands may follow the same list. */
  async #deliver(): Promise<void> {
    const work = new FeedWork()
    while (this.#due.length > 0) {
      const topics = this.#due
      this.#due = []
      for (const topic of topics) {
        // All may have left meanwhile.
        if (topic.listeners.size === 0) continue
        topic.delivered()
        for (const listener of [...topic.listeners]) {
          if (topic.listeners.has(listener)) listener()
          if (work.isOver) await work.next()
        }
      }
    }
    this.#isDelivering = false
  }
}

function changesCard({ before, agent, type }: Transition): boolean {
  if (type === 'removed' || type === 'deregistered') return agent.card !== null
  return !sameCard(before ?? { card: null }, agent)
}
