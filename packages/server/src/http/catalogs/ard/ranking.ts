import type { AgentRecord } from '../../../domain/agent-record.ts'

/** What a word counts by where it is found: in what the agent is called and can do, in what it says of itself, elsewhere. */
const WEIGHTS = { title: 1, description: 0.8, elsewhere: 0.6 } as const

/** An agent with its score. */
export interface RankedAgent {
  readonly agent: AgentRecord
  /** 0 to 100. */
  readonly score: number
}

/**
 * Scores an agent: the share of the words that it has, each weighted by where it is found.
 *
 * @param found the words that the agent has somewhere, of those that are looked for
 */
export function scoreOf(
  agent: AgentRecord,
  { words, found }: { words: readonly string[]; found: ReadonlySet<string> },
): number {
  const title = textOf([agent.agentName, ...agent.capabilities, ...agent.tags])
  const description = textOf([agent.details.description ?? '', agent.card?.words ?? ''])
  let sum = 0
  for (const word of words) {
    if (title.includes(word)) sum += WEIGHTS.title
    else if (description.includes(word)) sum += WEIGHTS.description
    else if (found.has(word)) sum += WEIGHTS.elsewhere
  }
  return words.length === 0 ? 0 : Math.round((100 * sum) / words.length)
}

/** Orders results: best first, then by id. */
export function byRank(a: RankedAgent, b: RankedAgent): number {
  return b.score - a.score || (a.agent.agentId < b.agent.agentId ? -1 : 1)
}

/** As in the index: lower case, and one form of sigma. */
function textOf(parts: readonly string[]): string {
  return parts.join('\n').toLowerCase().replaceAll('ς', 'σ')
}
