import { AgentEvent } from '@rollcall/protocol'
import { constant, object, optional, type Static, text } from '@rollcall/protocol/json-schema'

/** A change as a CloudEvent 1.0, in the JSON format. */
export const CloudEvent = object(
  {
    specversion: constant('1.0'),
    id: text({
      description: 'Unique together with `source`, and the same whenever the event is sent again.',
      examples: ['kSxYb1Qz:42'],
    }),
    source: text({
      description: 'The public URL of the registry, or else `urn:rollcall:` and its epoch.',
      examples: ['https://agents.example'],
    }),
    type: text({
      description: '`dev.rollcall.agent.` and the `type` of the event.',
      examples: ['dev.rollcall.agent.registered'],
    }),
    subject: optional(text({ description: 'The id of the agent.' })),
    time: text({ format: 'date-time', description: 'When the change happened.' }),
    datacontenttype: constant('application/json'),
    data: AgentEvent,
  },
  { description: 'A change as a CloudEvent 1.0, in the JSON format.' },
)
/** @interface */
export type CloudEvent = Static<typeof CloudEvent>
