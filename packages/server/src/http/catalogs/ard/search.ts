import type { VisibleAgents } from '../../../access/visible-agents.ts'
import type { AgentRecord } from '../../../domain/agent-record.ts'
import { searchText } from '../../../domain/query/search-text.ts'
import { SERVER_LIMITS } from '../../../limits/server-limits.ts'
import type { AdmittedQuery } from '../../queries/query-admission.ts'
import type { CatalogEntries } from './catalog-entry.ts'
import type { EntryFilter } from './entry-filter.ts'
import { byRank, type RankedAgent, scoreOf } from './ranking.ts'
import { wordsToFind } from './search-words.ts'

/** The index finds no shorter words; they count if an agent is found by another one. */
const INDEXED_CHARACTERS = 3
/** With more words, leaving out each in turn would be too many queries. */
const MAX_WORDS_IN_TURN = 8

/** What is looked for, and by whom. */
export interface Search {
  readonly text: string
  readonly filter: EntryFilter
  readonly agents: VisibleAgents
  readonly entries: CatalogEntries
}

/**
 * Ranks the agents that have at least one of the words. Those with most of the words are read first, each time from the
 * index, so that a common word neither reads the fleet nor hides better results.
 */
export async function rankAgents(search: Search, admitted: AdmittedQuery): Promise<RankedAgent[]> {
  const words = wordsToFind(search.text)
  const candidates = new Map<string, AgentRecord>()
  const indexed = words.filter((word) => word.length >= INDEXED_CHARACTERS)
  for (const some of subsetsOf(indexed.length > 0 ? indexed : words)) {
    if (candidates.size >= SERVER_LIMITS.ardCandidates.value) break
    await addCandidates(search, { words: some, candidates, admitted })
  }
  const ranked: RankedAgent[] = []
  for (const agent of candidates.values()) {
    if (admitted.work.isOver) await admitted.work.next()
    const text = searchText(agent.agentId, agent)
    const found = new Set(words.filter((word) => text.includes(word)))
    ranked.push({ agent, score: scoreOf(agent, { words, found }) })
  }
  return ranked.toSorted(byRank)
}

/** All words, then all but one, then each alone. */
function* subsetsOf(words: readonly string[]): Generator<readonly string[]> {
  if (words.length === 0) return
  yield words
  if (words.length > 2 && words.length <= MAX_WORDS_IN_TURN) {
    // The shortest word says least.
    for (const left of words.toReversed()) yield words.filter((word) => word !== left)
  }
  if (words.length > 1) for (const word of words) yield [word]
}

async function addCandidates(
  { filter, agents, entries }: Search,
  options: {
    words: readonly string[]
    candidates: Map<string, AgentRecord>
    admitted: AdmittedQuery
  },
): Promise<void> {
  const { words, candidates, admitted } = options
  const query = { ...filter.indexed, text: words.join(' ') }
  for await (const page of agents.listAll(query, admitted)) {
    for (const agent of page) {
      if (candidates.size >= SERVER_LIMITS.ardCandidates.value) return
      if (filter.accepts(agent, entries)) candidates.set(agent.agentId, agent)
    }
    if (admitted.work.isOver) await admitted.work.next()
  }
}
