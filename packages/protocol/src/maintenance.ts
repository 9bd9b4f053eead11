import { AgentIdPattern } from './agent-id-pattern.ts'
import { boolean, nullable, object, optional, type Static, text } from './json-schema.ts'
import { LIMITS } from './limits.ts'
import { PRINTABLE_PATTERN, PRINTABLE_RULE } from './printable.ts'
import { timestamp } from './timestamp.ts'

const reason = text({
  minLength: 1,
  maxLength: LIMITS.maintenanceReasonCharacters,
  pattern: PRINTABLE_PATTERN,
  patternErrorMessage: PRINTABLE_RULE,
  description: 'Why, for humans.',
  examples: ['replacing the disk'],
})
const by = text({
  minLength: 1,
  description: 'Who decided it.',
  examples: ['alice'],
})
const sentBy = text({
  minLength: 1,
  maxLength: LIMITS.nameCharacters,
  pattern: PRINTABLE_PATTERN,
  patternErrorMessage: PRINTABLE_RULE,
  description:
    'Who decided it. Default: the principal, or the address of a caller that is anonymous.',
  examples: ['alice'],
})
const since = timestamp('When the maintenance began; a newer reason does not change it.')

/** What an operator has decided about an agent. */
export const Maintenance = object(
  { reason, since, by },
  { description: 'What an operator has decided about the agent.' },
)
/** @interface */
export type Maintenance = Static<typeof Maintenance>

/** What an operator sends to set maintenance. */
export const MaintenanceRequest = object(
  { reason, by: optional(sentBy) },
  { additionalProperties: false, description: 'What an operator sends to set maintenance.' },
)
/** @interface */
export type MaintenanceRequest = Static<typeof MaintenanceRequest>

/** Maintenance of one id, or of all ids with a beginning. */
export const MaintenanceEntry = object(
  { pattern: AgentIdPattern, reason, since, by },
  { description: 'Maintenance of one id, or of all ids with a beginning.' },
)
/** @interface */
export type MaintenanceEntry = Static<typeof MaintenanceEntry>

/** The response when maintenance is lifted. */
export const EndedMaintenance = object({
  pattern: AgentIdPattern,
  ended: boolean({ description: 'Whether there was such an entry.' }),
  remaining: nullable(MaintenanceEntry),
})
/** @interface */
export type EndedMaintenance = Static<typeof EndedMaintenance>
