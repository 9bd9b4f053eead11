import { text } from './json-schema.ts'
import { LIMITS } from './limits.ts'

/** A UUID, or any other text of these characters. */
export const INSTANCE_ID_PATTERN = '^[A-Za-z0-9._:-]+$'

/** Identifies a process of an agent. */
export const InstanceId = text({
  minLength: 1,
  maxLength: LIMITS.instanceIdCharacters,
  pattern: INSTANCE_ID_PATTERN,
  patternErrorMessage: 'must be letters, digits and . _ : -, such as a UUID',
  description:
    'Identifies the process that registers: a UUID for each start, like `service.instance.id` of ' +
    'OpenTelemetry. A registration by another instance takes over; the previous one is `SUPERSEDED`.',
  examples: ['6f1c7c6e-3d1b-4a8e-9d0c-5b1f0a7e2c11'],
})
