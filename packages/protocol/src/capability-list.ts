import { boolean, integer, list, object, type Static, text } from './json-schema.ts'

function agents(description: string) {
  return integer({ minimum: 0, description })
}

/** How many agents have a capability. */
export const CapabilityCount = object({
  name: text({ description: 'The capability.', examples: ['search'] }),
  alive: agents('Agents that have it and are alive.'),
  ready: agents('Live agents with status `ready`: they take work now.'),
  busy: agents('Live agents with status `busy`.'),
  draining: agents('Live agents with status `draining`, those in maintenance included.'),
  suspect: agents('Live agents with status `suspect`.'),
  expired: agents('Agents whose lease has lapsed, until the cleanup removes them.'),
})
/** @interface */
export type CapabilityCount = Static<typeof CapabilityCount>

/** What agents can do, and how many agents can do it. */
export const CapabilityList = object({
  capabilities: list(CapabilityCount, {
    description: 'Those that most agents have first, and by name where as many have them.',
  }),
  complete: boolean({ description: 'Whether these are all that match.' }),
})
/** @interface */
export type CapabilityList = Static<typeof CapabilityList>
