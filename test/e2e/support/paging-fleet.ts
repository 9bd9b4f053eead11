import type { Agent, Registration } from '@rollcall/protocol'
import { type HttpClient, registration } from './http-client.ts'

/** Long enough for every test. */
const TTL_SECONDS = 86_400
/** Concurrent registrations while the fleet registers. */
const CONNECTIONS = 64
/** One agent in so many belongs to the churn. */
const UNSTABLE_EVERY = 10

/** Fields to filter and sort by; constant for a stable agent. */
export function profile(number: number): Partial<Registration> {
  return {
    agent_name: number % 5 === 0 ? 'Planner' : 'Researcher',
    capabilities: number % 2 === 0 ? ['search', 'plan'] : ['plan'],
    metadata: { region: number % 3 === 0 ? 'eu-1' : 'us-1' },
    load: (number % 100) / 100,
    status: 'ready',
    ttl_seconds: TTL_SECONDS,
  }
}

/** Agent id that sorts by number. */
export function agentIdOf(number: number): string {
  return `agent:${String(number).padStart(7, '0')}`
}

export function isUnstable(number: number): boolean {
  return number % UNSTABLE_EVERY === 0
}

/** Returns the ids of the stable agents that a list should show. */
export function stableAgents(size: number, belongs: (agent: Partial<Agent>) => boolean): string[] {
  const numbers = Array.from({ length: size }, (_, number) => number)
  return numbers
    .filter((number) => !isUnstable(number) && belongs(profile(number) as Partial<Agent>))
    .map(agentIdOf)
}

/** Registers agents 0 to size, in an order unrelated to their ids. */
export async function registerFleet(http: HttpClient, size: number): Promise<void> {
  let next = 0
  const register = async (): Promise<void> => {
    while (next < size) {
      // A prime larger than any fleet here: every number comes up exactly once.
      const number = (next++ * 7_368_787) % size
      const agent = registration(agentIdOf(number), profile(number))
      const { status } = await http.send('POST', '/agents/register', agent)
      if (status !== 200) throw new Error(`agent ${number} got status ${status}`)
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, register))
}
