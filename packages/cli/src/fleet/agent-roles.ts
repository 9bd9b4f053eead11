/** A kind of agent in a simulated fleet. */
interface AgentRole {
  readonly name: string
  readonly capabilities: readonly string[]
}

const ROLES: readonly AgentRole[] = [
  { name: 'researcher', capabilities: ['search', 'summarize'] },
  { name: 'coder', capabilities: ['code', 'test'] },
  { name: 'reviewer', capabilities: ['code', 'review'] },
  { name: 'translator', capabilities: ['translate'] },
  { name: 'planner', capabilities: ['plan', 'route'] },
  { name: 'analyst', capabilities: ['sql', 'chart', 'summarize'] },
  { name: 'browser', capabilities: ['search', 'browse'] },
  { name: 'support', capabilities: ['chat', 'translate'] },
]
const REGIONS = ['eu-1', 'eu-2', 'us-1', 'us-2', 'ap-1'] as const
const MODELS = ['small-4', 'medium-4', 'large-4', 'large-4-long'] as const

/** The properties of a simulated agent. */
export interface AgentProfile {
  readonly agentId: string
  readonly agentName: string
  readonly host: string
  readonly port: number
  readonly capabilities: readonly string[]
  readonly metadata: { readonly region: string; readonly model: string; readonly demo: true }
  readonly version: string
}

/**
 * Generates the agent with a given number.
 *
 * @param fleet suffix that keeps the ids of different fleets apart
 * @param random returns a number from 0 to 1
 */
export function generateProfile(fleet: string, number: number, random: () => number): AgentProfile {
  const role = oneOf(ROLES, random)
  const region = oneOf(REGIONS, random)
  return {
    agentId: `${role.name}-${number}-${fleet}`,
    agentName: `${role.name[0]?.toUpperCase()}${role.name.slice(1)} ${number}`,
    host: `${role.name}-${number}.${region}.example`,
    port: 8000,
    capabilities: role.capabilities,
    metadata: { region, model: oneOf(MODELS, random), demo: true },
    version: `1.${Math.floor(random() * 5)}.0`,
  }
}

/** @param choices at least one */
function oneOf<T>(choices: readonly T[], random: () => number): T {
  const chosen = choices[Math.floor(random() * choices.length)]
  if (chosen === undefined) throw new RangeError('no choices')
  return chosen
}
