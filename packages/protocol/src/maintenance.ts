import { boolean, nullable, object, optional, type Static, text } from './json-schema.ts'
import { LIMITS } from './limits.ts'
import { PRINTABLE_PATTERN, PRINTABLE_RULE } from './printable.ts'
import { timestamp } from './timestamp.ts'

const SEGMENTS = '[A-Za-z0-9._-]+(?::[A-Za-z0-9._-]+)*'

/** `researcher-1`, or the beginning of ids and a `*`: `team-a:*`, `*`. */
export const MAINTENANCE_PATTERN = `^(?!\\.{1,2}$)(?:${SEGMENTS}|(?:${SEGMENTS}:?)?\\*)$`

export const MaintenancePattern = text({
  minLength: 1,
  maxLength: LIMITS.agentIdCharacters + 1,
  pattern: MAINTENANCE_PATTERN,
  patternErrorMessage: 'must be an agent id, or the beginning of ids followed by one *',
  description: 'An agent id, or the beginning of ids followed by `*`: `team-a:*`.',
  examples: ['researcher-1'],
})

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
  maxLength: LIMITS.nameCharacters,
  pattern: PRINTABLE_PATTERN,
  patternErrorMessage: PRINTABLE_RULE,
  description: 'Who decided it. Default: the address of the caller.',
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
  { reason, by: optional(by) },
  { additionalProperties: false, description: 'What an operator sends to set maintenance.' },
)
/** @interface */
export type MaintenanceRequest = Static<typeof MaintenanceRequest>

/** Maintenance of one id, or of all ids with a beginning. */
export const MaintenanceEntry = object(
  { pattern: MaintenancePattern, reason, since, by },
  { description: 'Maintenance of one id, or of all ids with a beginning.' },
)
/** @interface */
export type MaintenanceEntry = Static<typeof MaintenanceEntry>

/** The response when maintenance is lifted. */
export const EndedMaintenance = object({
  pattern: MaintenancePattern,
  ended: boolean({ description: 'Whether there was such an entry.' }),
  remaining: nullable(MaintenanceEntry),
})
/** @interface */
export type EndedMaintenance = Static<typeof EndedMaintenance>
