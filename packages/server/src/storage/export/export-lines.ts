import { AGENT_STATUSES, TRANSITION_TYPES } from '@rollcall/protocol'
import {
  boolean,
  custom,
  integer,
  list,
  nullable,
  object,
  oneOf,
  optional,
  type Static,
  text,
} from '@rollcall/protocol/json-schema'
import { ExportedEntry } from './exported-maintenance.ts'
import { EXPORTED_AGENT, EXPORTED_RECORD } from './exported-record.ts'

// The lines of an export, which is a file of JSON Lines: a header, the agents in the order of their ids, and
// the transitions in the order of their revisions. See docs/guides/backups.md.

/** Version of the format, in the first line. */
export const EXPORT_VERSION = 1

/** The first line. */
export const ExportHeader = object(
  {
    rollcall_export: integer({ description: 'Version of the format.' }),
    epoch: text({ minLength: 1 }),
    branches: list(
      object(
        { id: text({ minLength: 1 }), began_at: integer({ minimum: 0 }) },
        { additionalProperties: false },
      ),
      { description: 'The line of branches of the history, oldest first.' },
    ),
    maintenance: list(ExportedEntry, { description: 'What operators have decided.' }),
    revision: integer({ minimum: 0 }),
    at_ms: integer({ description: 'Unix time in milliseconds at which leases had what is left.' }),
    agents: integer({ minimum: 0 }),
    transitions: integer({ minimum: 0 }),
  },
  { additionalProperties: false },
)
export type ExportHeader = Static<typeof ExportHeader>

/** What differed in the agent before a transition; see `previous-state.ts`. */
const Before = custom<object | null>({
  type: ['object', 'null'],
  properties: {
    alive: boolean(),
    status: oneOf(AGENT_STATUSES),
    suspect: boolean(),
    owner: nullable(text()),
    // As the record of a transition has it.
    maintenance: nullable(custom({ type: 'object' })),
    agentName: text(),
    capabilities: list(text()),
    details: custom({ type: 'object' }),
    tags: list(text()),
    card: nullable(custom({ type: 'object' })),
    metadata: nullable(custom({ type: 'object' })),
  },
  required: ['alive'],
})

/** The line of an agent, with the text of its card. */
export const AgentLine = object(
  { agent: EXPORTED_AGENT, card: optional(text({ minLength: 1 })) },
  { additionalProperties: false },
)

/** The line of a transition. */
export const TransitionLine = object(
  {
    transition: object(
      {
        revision: integer({ minimum: 1 }),
        type: oneOf(TRANSITION_TYPES),
        at_ms: integer(),
        reason: text(),
        actor: nullable(text({ minLength: 1 })),
        before: Before,
        agent: EXPORTED_RECORD,
      },
      { additionalProperties: false },
    ),
  },
  { additionalProperties: false },
)
