import type { SearchableProfile } from '../domain/query/agent-filter.ts'
import type { AgentMatcher } from '../domain/query/agent-matcher.ts'
import { searchText } from '../domain/query/search-text.ts'
import type { Transition } from '../domain/transition.ts'
import { type FeedEvent, feedEvent } from './feed-event.ts'
import type { FeedWork } from './feed-work.ts'

/** An event, and its text as readers get it. */
export interface EncodedEvent extends FeedEvent {
  readonly text: string
}

/** Readers of one filter. */
interface Followed {
  readonly matcher: AgentMatcher
}

/**
 * Works out what some transitions are to each of many filters. What is costly to make of a
 * transition, the text that words are looked for in and the text of the event, is made once for
 * all filters.
 */
export async function eventsOf<Channel extends Followed>(
  transitions: readonly Transition[],
  channels: readonly Channel[],
  { encode, work }: { encode: (event: FeedEvent) => string; work: FeedWork },
): Promise<Map<Channel, EncodedEvent[]>> {
  const events = new Map<Channel, EncodedEvent[]>()
  for (const transition of transitions) {
    const textOf = rememberingSearchTexts()
    const encoded = new Map<string, EncodedEvent>()
    for (const channel of channels) {
      if (work.isOver) await work.next()
      const event = feedEvent(transition, channel.matcher, textOf)
      if (event === undefined) continue
      const key = `${event.type} ${event.listed}`
      const known = encoded.get(key) ?? { ...event, text: encode(event) }
      encoded.set(key, known)
      const ofChannel = events.get(channel)
      if (ofChannel) ofChannel.push(known)
      else events.set(channel, [known])
    }
  }
  return events
}

/** As {@link searchText}, for the agent of one transition, before it and after it. */
function rememberingSearchTexts(): typeof searchText {
  const texts = new Map<SearchableProfile, string>()
  return (agentId, profile) => {
    const text = texts.get(profile) ?? searchText(agentId, profile)
    texts.set(profile, text)
    return text
  }
}

/** All of them as one text. */
export function textOf(events: readonly EncodedEvent[]): Buffer {
  return Buffer.from(events.map(({ text }) => text).join(''))
}
