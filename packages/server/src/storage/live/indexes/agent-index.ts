import type { AgentStatus, ViewStatus } from '@rollcall/protocol'
import type { Lease } from '../../../domain/lease.ts'
import { statusUnlessSuspect } from '../../../domain/query/agent-filter.ts'
import type { AgentMatcher } from '../../../domain/query/agent-matcher.ts'
import { sameSearchableProfile } from '../../../domain/query/same-profile.ts'
import { searchText } from '../../../domain/query/search-text.ts'
import { byName, OrderedLeases } from '../table/ordered-leases.ts'
import type { TableLease } from '../table/table-lease.ts'
import { agentsById } from './agents-by-id.ts'
import { hashedTermsOf, requiredHashedTerms } from './index-terms.ts'
import {
  anyOf,
  type Candidates,
  candidatesIn,
  type PostingList,
  withLease,
  withoutLease,
} from './posting-list.ts'
import { TrigramIndex } from './trigram-index.ts'

/** Most agents that a search collects and sorts, about 2 ms of work; larger results are scanned in order. */
const COLLECT_LIMIT = 4096

/**
 * Finds the agents that may match a filter without scanning the others. Transitions update the index,
 * heartbeats never do. It returns candidates only: the caller checks whether they match, so hash
 * collisions are harmless.
 *
 * The index can be filled after the leases are loaded, in the order of their ids. It returns no
 * candidates until it is complete.
 */
export class AgentIndex {
  /** By capability and by metadata value; see {@link hashedTermsOf}. */
  readonly #byTerm = new Map<number, PostingList>()
  readonly #byName = new OrderedLeases({ order: byName })
  /** By the status that reads show, except `expired` and `suspect`. */
  readonly #byStatus: Readonly<Record<AgentStatus, OrderedLeases>> = {
    ready: new OrderedLeases(),
    busy: new OrderedLeases(),
    draining: new OrderedLeases(),
  }
  readonly #byTrigram = new TrigramIndex()
  readonly #byDocId: (TableLease | undefined)[] = []
  readonly #freeDocIds: number[] = []
  /** Leases up to this id are indexed; undefined: all are. */
  #filledTo: string | undefined

  get isComplete(): boolean {
    return this.#filledTo === undefined
  }

  /** Number of indexed leases. */
  get size(): number {
    return this.#byDocId.length - this.#freeDocIds.length
  }

  /** The id after which {@link fill} continues. */
  get filledTo(): string | undefined {
    return this.#filledTo
  }

  /** Defers indexing: from now on {@link fill} adds the leases, rather than {@link add}. */
  defer(): void {
    this.#filledTo = ''
  }

  /**
   * Adds the next leases in the order of their ids; an empty array completes the index.
   *
   * @param mayContinue called after each lease; false ends the call
   */
  fill(leases: readonly TableLease[], mayContinue: () => boolean): void {
    if (leases.length === 0) this.#filledTo = undefined
    for (const lease of leases) {
      this.#insert(lease)
      this.#filledTo = lease.agentId
      if (!mayContinue()) return
    }
  }

  add(lease: TableLease): void {
    if (this.#covers(lease)) this.#insert(lease)
  }

  /** Removes a lease, whose indexed values must be unchanged since it was added. */
  remove(lease: TableLease): void {
    if (!this.#covers(lease)) return
    const { profile } = lease
    for (const term of hashedTermsOf(profile)) {
      const rest = withoutLease(this.#byTerm.get(term), lease)
      if (rest === undefined) this.#byTerm.delete(term)
      else this.#byTerm.set(term, rest)
    }
    this.#byName.remove(lease)
    this.#byStatus[statusUnlessSuspect(lease)].remove(lease)
    this.#byTrigram.remove(lease.docId, searchText(lease.agentId, profile))
    this.#byDocId[lease.docId] = undefined
    this.#freeDocIds.push(lease.docId)
    lease.docId = -1
  }

  /** Updates the index for the next state of a lease, which `applyNext` applies to it. */
  update(lease: TableLease, next: Lease, applyNext: () => void): void {
    const sameTerms = sameSearchableProfile(lease.profile, next.profile)
    if (
      !this.#covers(lease) ||
      (sameTerms && statusUnlessSuspect(lease) === statusUnlessSuspect(next))
    ) {
      applyNext()
    } else if (sameTerms) {
      this.#byStatus[statusUnlessSuspect(lease)].remove(lease)
      applyNext()
      this.#byStatus[statusUnlessSuspect(lease)].insert(lease)
    } else {
      this.remove(lease)
      applyNext()
      this.add(lease)
    }
  }

  /**
   * Returns the smallest set of candidates that the index can provide, or all agents.
   *
   * @param all every agent, sorted by id
   * @param marked returns the agents that are expired or suspect, for filters that include them; undefined
   *   when there are more than a limit
   */
  candidates(matcher: AgentMatcher, all: OrderedLeases, marked: MarkedLeases): Candidates {
    const byId = matcher.agentIds && agentsById(all, matcher.agentIds)
    if (!this.isComplete) return byId ?? candidatesIn(all)
    const narrowest = [
      ...requiredHashedTerms(matcher).map((group) =>
        anyOf(group.map((term) => candidatesIn(this.#byTerm.get(term)))),
      ),
      this.#matchingName(matcher),
      this.#matchingStatus(matcher, marked),
    ].reduce(smaller, byId)
    // A few candidates are checked faster than the text index is searched.
    const isSmall = narrowest !== undefined && narrowest.size <= COLLECT_LIMIT / 16
    const found = isSmall ? narrowest : smaller(narrowest, this.#matchingWords(matcher.words))
    return found ?? candidatesIn(all)
  }

  #covers(lease: TableLease): boolean {
    return this.#filledTo === undefined || lease.agentId <= this.#filledTo
  }

  #insert(lease: TableLease): void {
    const { profile } = lease
    for (const term of hashedTermsOf(profile)) {
      const posting = this.#byTerm.get(term)
      const larger = withLease(posting, lease)
      if (larger !== posting) this.#byTerm.set(term, larger)
    }
    this.#byName.insert(lease)
    this.#byStatus[statusUnlessSuspect(lease)].insert(lease)
    lease.docId = this.#freeDocIds.pop() ?? this.#byDocId.length
    this.#byDocId[lease.docId] = lease
    this.#byTrigram.add(lease.docId, searchText(lease.agentId, profile))
  }

  #matchingName({ name, namePrefix }: AgentMatcher): Candidates | undefined {
    if (name !== undefined) return this.#withExactName(name)
    if (namePrefix === undefined) return undefined
    const found: TableLease[] = []
    for (const leases of this.#fromName(namePrefix)) {
      const named = leases.filter(({ profile }) => profile.agentName.startsWith(namePrefix))
      found.push(...named)
      if (found.length > COLLECT_LIMIT) return undefined
      if (named.length < leases.length) break
    }
    return sortedCandidates(found)
  }

  /** Agents of one name are adjacent and sorted by id, however many there are. */
  #withExactName(name: string): Candidates {
    const isNamed = ({ profile }: TableLease): boolean => profile.agentName === name
    let size = 0
    for (const leases of this.#fromName(name)) {
      const named = leases.filter(isNamed).length
      size += named
      if (named < leases.length || size > COLLECT_LIMIT) break
    }
    return {
      size,
      after: (agentId = BEFORE_ALL) => {
        const found = this.#byName.after(agentId, name)
        return found ? found.block.leases.slice(found.from).filter(isNamed) : []
      },
    }
  }

  /** Yields the leases in order of their names, from the first whose name is not less than `name`. */
  *#fromName(name: string): Generator<readonly TableLease[]> {
    for (let at = this.#byName.after(BEFORE_ALL, name); at !== undefined; ) {
      const { leases } = at.block
      yield at.from === 0 ? leases : leases.slice(at.from)
      const { agentId, profile } = leases.at(-1) as TableLease
      at = this.#byName.after(agentId, profile.agentName)
    }
  }

  #matchingStatus({ statuses }: AgentMatcher, marked: MarkedLeases): Candidates | undefined {
    if (statuses === undefined) return undefined
    const [first, ...others] = statuses
    if (first && !isMarked(first) && others.length === 0) {
      return candidatesIn(this.#byStatus[first])
    }
    const found = new Set<TableLease>()
    for (const status of statuses) {
      const leases = isMarked(status)
        ? marked(status, COLLECT_LIMIT)
        : collect(this.#byStatus[status])
      if (leases === undefined) return undefined
      for (const lease of leases) found.add(lease)
    }
    return sortedCandidates([...found])
  }

  #matchingWords(words: readonly string[]): Candidates | undefined {
    const docIds = this.#byTrigram.find(words, COLLECT_LIMIT)
    return docIds && sortedCandidates(docIds.flatMap((docId) => this.#byDocId[docId] ?? []))
  }
}

/** The statuses that the registry shows in place of those by which leases are indexed. */
export type MarkedStatus = 'expired' | 'suspect'

/** Returns the leases that show such a status; undefined when there are more than a limit. */
type MarkedLeases = (status: MarkedStatus, limit: number) => readonly TableLease[] | undefined

function isMarked(status: ViewStatus): status is MarkedStatus {
  return status === 'expired' || status === 'suspect'
}

/** No id is empty, so every agent of a name sorts after this one. */
const BEFORE_ALL = ''

function smaller(a: Candidates | undefined, b: Candidates | undefined): Candidates | undefined {
  return a === undefined || (b !== undefined && b.size < a.size) ? b : a
}

function sortedCandidates(leases: TableLease[]): Candidates {
  return candidatesIn(leases.sort((a, b) => (a.agentId < b.agentId ? -1 : 1)))
}

/** Returns all the leases; undefined when there are more than {@link COLLECT_LIMIT}. */
function collect(leases: OrderedLeases): readonly TableLease[] | undefined {
  if (leases.size > COLLECT_LIMIT) return undefined
  const candidates = candidatesIn(leases)
  const found: TableLease[] = []
  for (let part = candidates.after(undefined); part.length > 0; ) {
    found.push(...part)
    part = candidates.after(part.at(-1)?.agentId)
  }
  return found
}
