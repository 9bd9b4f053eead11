import type { AgentStatus } from '@rollcall/protocol'
import type { Lease } from '../../../domain/lease.ts'
import type { SearchableProfile } from '../../../domain/query/agent-filter.ts'
import type { AgentMatcher } from '../../../domain/query/agent-matcher.ts'
import { searchText } from '../../../domain/query/search-text.ts'
import { sameCapabilities, sameMetadata } from '../../../domain/transition-reason.ts'
import { byName, OrderedLeases } from '../table/ordered-leases.ts'
import type { TableLease } from '../table/table-lease.ts'
import { termsOf, wantedTerms } from './index-terms.ts'
import {
  anyOf,
  type Candidates,
  candidatesIn,
  type PostingList,
  withLease,
  withoutLease,
} from './posting-list.ts'
import { TrigramIndex } from './trigram-index.ts'

/** Agents that a search gathers and sorts, about 2 ms of work; more are walked through in order. */
const GATHER_LIMIT = 4096

/**
 * Finds the agents that a filter may list without looking at the others. It changes with the
 * transitions of agents, never with their heartbeats, and only gives candidates: whether they
 * match is for the caller to see, so equal hashes do no harm.
 *
 * It can be filled after the leases are there, in the order of their ids; until it is complete it
 * has nothing to say.
 */
export class AgentIndex {
  /** By capability and by value in the metadata; see {@link termsOf}. */
  readonly #byTerm = new Map<number, PostingList>()
  readonly #byName = new OrderedLeases({ order: byName })
  readonly #byStatus: Readonly<Record<AgentStatus, OrderedLeases>> = {
    ready: new OrderedLeases(),
    busy: new OrderedLeases(),
    draining: new OrderedLeases(),
  }
  readonly #byTrigram = new TrigramIndex()
  readonly #byDocId: (TableLease | undefined)[] = []
  readonly #freeDocIds: number[] = []
  /** Leases up to this id are in; undefined: all are. */
  #filledTo: string | undefined

  get isComplete(): boolean {
    return this.#filledTo === undefined
  }

  /** How many leases are in. */
  get size(): number {
    return this.#byDocId.length - this.#freeDocIds.length
  }

  /** Where {@link fill} goes on: behind this id. */
  get filledTo(): string | undefined {
    return this.#filledTo
  }

  /** From here on leases are not taken in as they come, but by {@link fill}. */
  postpone(): void {
    this.#filledTo = ''
  }

  /**
   * Takes in the next leases in the order of their ids; none: there are no more.
   *
   * @param mayGoOn asked after each of them
   */
  fill(leases: readonly TableLease[], mayGoOn: () => boolean): void {
    if (leases.length === 0) this.#filledTo = undefined
    for (const lease of leases) {
      this.#enter(lease)
      this.#filledTo = lease.agentId
      if (!mayGoOn()) return
    }
  }

  add(lease: TableLease): void {
    if (this.#covers(lease)) this.#enter(lease)
  }

  /** Lets go of a lease, which still is as it was when it came in. */
  remove(lease: TableLease): void {
    if (!this.#covers(lease)) return
    const { profile } = lease
    for (const term of termsOf(profile)) {
      const rest = withoutLease(this.#byTerm.get(term), lease)
      if (rest === undefined) this.#byTerm.delete(term)
      else this.#byTerm.set(term, rest)
    }
    this.#byName.remove(lease)
    this.#byStatus[lease.status].remove(lease)
    this.#byTrigram.remove(lease.docId, searchText(lease.agentId, profile))
    this.#byDocId[lease.docId] = undefined
    this.#freeDocIds.push(lease.docId)
    lease.docId = -1
  }

  /** Follows a lease into its next state, which `become` puts in place. */
  change(lease: TableLease, next: Lease, become: () => void): void {
    const looksTheSame = sameTraits(lease.profile, next.profile)
    if (!this.#covers(lease) || (looksTheSame && lease.status === next.status)) {
      become()
    } else if (looksTheSame) {
      this.#byStatus[lease.status].remove(lease)
      become()
      this.#byStatus[lease.status].insert(lease)
    } else {
      this.remove(lease)
      become()
      this.add(lease)
    }
  }

  /**
   * The agents that may match, the fewest that can be had; undefined: any agent may.
   *
   * @param dead gives the agents whose lease has lapsed, for those who ask for them; undefined
   *   when they are more than a limit
   */
  candidates(matcher: AgentMatcher, dead: DeadLeases): Candidates | undefined {
    if (!this.isComplete) return undefined
    const narrowest = [
      ...wantedTerms(matcher).map((group) =>
        anyOf(group.map((term) => candidatesIn(this.#byTerm.get(term)))),
      ),
      this.#named(matcher),
      this.#inStatus(matcher, dead),
    ].reduce(smaller, undefined)
    // A few candidates are sooner looked at than searched for.
    const isSmall = narrowest !== undefined && narrowest.size <= GATHER_LIMIT / 16
    return isSmall ? narrowest : smaller(narrowest, this.#containing(matcher.words))
  }

  #covers(lease: TableLease): boolean {
    return this.#filledTo === undefined || lease.agentId <= this.#filledTo
  }

  #enter(lease: TableLease): void {
    const { profile } = lease
    for (const term of termsOf(profile)) {
      const posting = this.#byTerm.get(term)
      const larger = withLease(posting, lease)
      if (larger !== posting) this.#byTerm.set(term, larger)
    }
    this.#byName.insert(lease)
    this.#byStatus[lease.status].insert(lease)
    lease.docId = this.#freeDocIds.pop() ?? this.#byDocId.length
    this.#byDocId[lease.docId] = lease
    this.#byTrigram.add(lease.docId, searchText(lease.agentId, profile))
  }

  #named({ name, namePrefix }: AgentMatcher): Candidates | undefined {
    if (name !== undefined) return this.#ofName(name)
    if (namePrefix === undefined) return undefined
    const found: TableLease[] = []
    for (const leases of this.#fromName(namePrefix)) {
      const named = leases.filter(({ profile }) => profile.agentName.startsWith(namePrefix))
      found.push(...named)
      if (found.length > GATHER_LIMIT) return undefined
      if (named.length < leases.length) break
    }
    return inOrder(found)
  }

  /** They lie together and in order of their id, however many they are. */
  #ofName(name: string): Candidates {
    const isNamed = ({ profile }: TableLease): boolean => profile.agentName === name
    let size = 0
    for (const leases of this.#fromName(name)) {
      const named = leases.filter(isNamed).length
      size += named
      if (named < leases.length || size > GATHER_LIMIT) break
    }
    return {
      size,
      after: (agentId = BEFORE_ALL) => {
        const found = this.#byName.after(agentId, name)
        return found ? found.block.leases.slice(found.from).filter(isNamed) : []
      },
    }
  }

  /** The leases in order of their names, from the first that is not before a name. */
  *#fromName(name: string): Generator<readonly TableLease[]> {
    for (let at = this.#byName.after(BEFORE_ALL, name); at !== undefined; ) {
      const { leases } = at.block
      yield at.from === 0 ? leases : leases.slice(at.from)
      const { agentId, profile } = leases.at(-1) as TableLease
      at = this.#byName.after(agentId, profile.agentName)
    }
  }

  #inStatus({ statuses }: AgentMatcher, dead: DeadLeases): Candidates | undefined {
    if (statuses === undefined) return undefined
    const [first, ...others] = statuses
    if (first && first !== 'expired' && others.length === 0) {
      return candidatesIn(this.#byStatus[first])
    }
    const found = new Set<TableLease>()
    for (const status of statuses) {
      const leases = status === 'expired' ? dead(GATHER_LIMIT) : few(this.#byStatus[status])
      if (leases === undefined) return undefined
      for (const lease of leases) found.add(lease)
    }
    return inOrder([...found])
  }

  #containing(words: readonly string[]): Candidates | undefined {
    const docIds = this.#byTrigram.find(words, GATHER_LIMIT)
    return docIds && inOrder(docIds.flatMap((docId) => this.#byDocId[docId] ?? []))
  }
}

/** Gives the leases that have lapsed; undefined when they are more than a limit. */
type DeadLeases = (limit: number) => readonly TableLease[] | undefined

/** No id is empty, so every agent of a name comes after this one. */
const BEFORE_ALL = ''

function smaller(a: Candidates | undefined, b: Candidates | undefined): Candidates | undefined {
  return a === undefined || (b !== undefined && b.size < a.size) ? b : a
}

function inOrder(leases: TableLease[]): Candidates {
  return candidatesIn(leases.sort((a, b) => (a.agentId < b.agentId ? -1 : 1)))
}

/** All of some leases, unless they are too many to gather. */
function few(leases: OrderedLeases): readonly TableLease[] | undefined {
  if (leases.size > GATHER_LIMIT) return undefined
  const candidates = candidatesIn(leases)
  const found: TableLease[] = []
  for (let part = candidates.after(undefined); part.length > 0; ) {
    found.push(...part)
    part = candidates.after(part.at(-1)?.agentId)
  }
  return found
}

function sameTraits(a: SearchableProfile, b: SearchableProfile): boolean {
  return a === b || (a.agentName === b.agentName && sameCapabilities(a, b) && sameMetadata(a, b))
}
