import { Agent, AgentId, Load, timestamp } from './agent.ts'
import {
  boolean,
  constant,
  integer,
  list,
  nullable,
  object,
  oneOf,
  optional,
  type Schema,
  type Static,
  text,
} from './json-schema.ts'

/** The kinds of visible change of an agent. */
export const TRANSITION_TYPES = [
  'registered',
  'updated',
  'revived',
  'expired',
  'removed',
  'deregistered',
] as const
/** One of {@link TRANSITION_TYPES}. @useDeclaredType */
export type TransitionType = (typeof TRANSITION_TYPES)[number]

/** What an event tells: a kind of change, or that the agent crossed the border of a filter. */
export const EVENT_TYPES = [...TRANSITION_TYPES, 'entered', 'left'] as const
/** One of {@link EVENT_TYPES}. @useDeclaredType */
export type EventType = (typeof EVENT_TYPES)[number]

// By its type alone: else the declarations would spell out its properties in each event.
const agent: Schema<Agent> = Agent

/** One visible change of one agent. */
export const AgentEvent = object(
  {
    revision: integer({
      minimum: 1,
      description: 'Of the registry after the change: one more than of the change before.',
    }),
    type: oneOf(EVENT_TYPES, {
      description:
        'What happened. `entered` and `left` only where a filter is given: the agent began or ' +
        'ceased to match it by a change that the other types do not tell of.',
    }),
    agent_id: AgentId,
    at: timestamp('When it happened.'),
    reason: text({
      description: 'Why, for people.',
      examples: ['ttl lapsed: last heartbeat 12.3 s ago, ttl 10 s'],
    }),
    listed: boolean({
      description:
        'Whether `GET /agents` with the same filters lists the agent after this change. Keep the ' +
        'agent when true, drop it when false, and you hold that list.',
    }),
    agent,
  },
  { description: 'One visible change of one agent, and the agent after it.' },
)
/** @interface */
export type AgentEvent = Static<typeof AgentEvent>

/** An agent that is there when a stream begins. */
export const SnapshotEvent = object(
  {
    revision: integer({ minimum: 1, description: "Of the agent's last visible change." }),
    type: constant('snapshot'),
    agent_id: AgentId,
    listed: constant(true),
    agent,
  },
  { description: 'An agent that is there when a stream begins.' },
)
/** @interface */
export type SnapshotEvent = Static<typeof SnapshotEvent>

/** A word of the stream about itself: where it stands, or that it begins anew, or why it ends. */
export const StreamEvent = object(
  {
    type: oneOf(['synced', 'bookmark', 'reset', 'closing'], { description: 'Which one it is.' }),
    revision: integer({ minimum: 0, description: 'Of the registry.' }),
    epoch: text({ description: 'Identifies the history that the revision counts.' }),
    reason: optional(text({ description: 'Of `reset` and `closing`, for people.' })),
  },
  { description: 'A word of the stream about itself.' },
)
/** @interface */
export type StreamEvent = Static<typeof StreamEvent>

/**
 * How busy some agents are now. Sent only on streams that ask for it, without an id: it is no
 * change, has no revision and is not kept.
 */
export const LoadsEvent = object(
  {
    type: constant('loads'),
    loads: list(object({ agent_id: AgentId, load: nullable(Load) }), {
      description: 'Only agents that the stream lists, each at most once.',
    }),
  },
  { description: 'How busy some agents are now; only on streams with `loads=true`.' },
)
/** @interface */
export type LoadsEvent = Static<typeof LoadsEvent>
