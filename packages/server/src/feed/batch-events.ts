import type { SearchableProfile } from '../domain/query/agent-filter.ts'
import type { AgentMatcher } from '../domain/query/agent-matcher.ts'
import { searchText } from '../domain/query/search-text.ts'
import type { Transition } from '../domain/transition.ts'
import { type FeedEvent, feedEvent } from './feed-event.ts'
import type { FeedWork } from './feed-work.ts'

/** An event, and its encoded text. */
export interface EncodedEvent extends FeedEvent {
  readonly text: string
}

/** The readers of one filter. */
interface FilteredChannel {
  readonly matcher: AgentMatcher
}

/**
 * Computes the events of some transitions for each of many filters. The search text and the encoded
 * event of a transition, which are expensive, are created once for all filters.
 */
export async function eventsOf<Channel extends FilteredChannel>(
  transitions: readonly Transition[],
  channels: readonly Channel[],
  { encode, work }: { encode: (event: FeedEvent) => string; work: FeedWork },
): Promise<Map<Channel, EncodedEvent[]>> {
  const events = new Map<Channel, EncodedEvent[]>()
  for (const transition of transitions) {
    const textOf = cachedSearchText()
    const encoded = new Map<string, EncodedEvent>()
    for (const channel of channels) {
      if (work.isOver) await work.next()
      const event = feedEvent(transition, channel.matcher, textOf)
      if (event === undefined) continue
      const key = `${event.type} ${event.listed}`
      const encodedEvent = encoded.get(key) ?? { ...event, text: encode(event) }
      encoded.set(key, encodedEvent)
      const channelEvents = events.get(channel)
      if (channelEvents) channelEvents.push(encodedEvent)
      else events.set(channel, [encodedEvent])
    }
  }
  return events
}

/** Caches {@link searchText} for the agent of one transition, before it and after it. */
function cachedSearchText(): typeof searchText {
  const texts = new Map<SearchableProfile, string>()
  return (agentId, profile) => {
    const text = texts.get(profile) ?? searchText(agentId, profile)
    texts.set(profile, text)
    return text
  }
}

/** Concatenates the texts of events. */
export function textOf(events: readonly EncodedEvent[]): Buffer {
  return Buffer.from(events.map(({ text }) => text).join(''))
}
