import { Agent, Load } from './agent.ts'
import { AgentId } from './agent-id.ts'
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
import { timestamp } from './timestamp.ts'

/** The kinds of visible change of an agent. */
export const TRANSITION_TYPES = [
  'registered',
  'updated',
  'replaced',
  'revived',
  'expired',
  'removed',
  'deregistered',
] as const
/** One of {@link TRANSITION_TYPES}. @useDeclaredType */
export type TransitionType = (typeof TRANSITION_TYPES)[number]

/** The event types: a kind of change, or that the agent began or ceased to match a filter. */
export const EVENT_TYPES = [...TRANSITION_TYPES, 'entered', 'left'] as const
/** One of {@link EVENT_TYPES}. @useDeclaredType */
export type EventType = (typeof EVENT_TYPES)[number]

// Typed explicitly: otherwise the declarations would inline its properties into each event.
const agent: Schema<Agent> = Agent

/** One visible change of one agent. */
export const AgentEvent = object(
  {
    revision: integer({
      minimum: 1,
      description: 'The registry revision after the change: one more than before it.',
    }),
    type: oneOf(EVENT_TYPES, {
      description:
        'What happened. `entered` and `left` occur only with a filter: the agent began or ceased ' +
        'to match it by a change that no other type describes.',
    }),
    agent_id: AgentId,
    at: timestamp('When it happened.'),
    reason: text({
      description: 'Why it happened, for humans.',
      examples: ['ttl lapsed: last heartbeat 12.3 s ago, ttl 10 s'],
    }),
    actor: optional(
      text({
        description:
          'Who asked for it: a principal, as in `owner`, or `anonymous (ADDRESS)`. Absent when nobody did, as for an ' +
          'expiry.',
        examples: ['team-a'],
      }),
    ),
    listed: boolean({
      description:
        'Whether `GET /agents` with the same filters lists the agent after this change. To mirror ' +
        'that list, keep the agent when true and drop it when false.',
    }),
    agent,
  },
  { description: 'One visible change of one agent, and the agent after it.' },
)
/** @interface */
export type AgentEvent = Static<typeof AgentEvent>

/** An agent that exists when a stream starts. */
export const SnapshotEvent = object(
  {
    revision: integer({
      minimum: 1,
      description: "The revision of the agent's last visible change.",
    }),
    type: constant('snapshot'),
    agent_id: AgentId,
    listed: constant(true),
    agent,
  },
  { description: 'An agent that exists when a stream starts.' },
)
/** @interface */
export type SnapshotEvent = Static<typeof SnapshotEvent>

/** A stream control event: the current position, a restart from scratch, or why the stream ends. */
export const StreamEvent = object(
  {
    type: oneOf(['synced', 'bookmark', 'reset', 'closing'], {
      description: 'The kind of control event.',
    }),
    revision: integer({ minimum: 0, description: 'The revision of the registry.' }),
    epoch: text({
      description: 'The branch of the history to which the revision belongs, as in the `id`.',
    }),
    reason: optional(text({ description: 'Why; only of `reset` and `closing`, for humans.' })),
  },
  { description: 'A stream control event.' },
)
/** @interface */
export type StreamEvent = Static<typeof StreamEvent>

/**
 * The current loads of some agents. Sent only on streams that request it, and without an id: it is
 * not a change, has no revision and is not kept in the history.
 */
export const LoadsEvent = object(
  {
    type: constant('loads'),
    loads: list(object({ agent_id: AgentId, load: nullable(Load) }), {
      description: 'Only agents that the stream lists, each at most once.',
    }),
  },
  { description: 'The current loads of some agents; only on streams with `loads=true`.' },
)
/** @interface */
export type LoadsEvent = Static<typeof LoadsEvent>
