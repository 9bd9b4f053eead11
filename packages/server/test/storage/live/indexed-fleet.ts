import type { AgentStatus } from '@rollcall/protocol'
import { expect } from 'vitest'
import type { Lease } from '../../../src/domain/lease.ts'
import { toMetadata } from '../../../src/domain/metadata.ts'
import type { AgentFilter } from '../../../src/domain/query/agent-filter.ts'
import { AgentMatcher } from '../../../src/domain/query/agent-matcher.ts'
import { type LeaseTime, later } from '../../../src/domain/time-scales.ts'
import { LeaseClock } from '../../../src/storage/live/lease-clock.ts'
import { LeaseTable } from '../../../src/storage/live/table/lease-table.ts'
import type { TableLease } from '../../../src/storage/live/table/table-lease.ts'
import { ManualClock } from '../../../src/testing/manual-clock.ts'
import { sampleLease } from './sample-lease.ts'

interface Fields {
  /** 0: like nearly all agents; the others share fewer values. Default 0. */
  readonly variant?: number
  readonly status?: AgentStatus
  /** Default 3600. */
  readonly ttlSeconds?: number
}

/** A table with its index, and a plain map of the same agents to compare results with. */
export class IndexedFleet {
  readonly table: LeaseTable
  readonly #clock = new ManualClock()
  readonly #leaseClock = new LeaseClock({ clock: this.#clock })
  readonly #known = new Map<string, Lease>()

  /** @param options.deferred whether the index is filled with `indexMore` */
  constructor(options: { deferred: boolean } = { deferred: false }) {
    this.table = new LeaseTable(this.#leaseClock)
    if (options.deferred) this.table.deferIndexes()
  }

  get now(): LeaseTime {
    return this.#leaseClock.now()
  }

  advance(ms: number): void {
    this.#clock.advance(ms)
  }

  /** Registers an agent by its number, or registers it again. */
  put(number: number, { variant = 0, status = 'ready', ttlSeconds = 3_600 }: Fields = {}): void {
    const agentId = idOf(number)
    const { profile } = sampleLease()
    this.#put({
      ...sampleLease({ agentId, status }),
      profile: {
        ...profile,
        ttlSeconds,
        agentName: nameOf(number, variant),
        capabilities: [...(variant < 3 ? ['common'] : []), `of-${number}`, `of-${number % 100}`],
        metadata: toMetadata(variant === 2 ? null : { third: number % 3, number, tag: ['common'] }),
      },
      lastBeat: this.#leaseClock.toBeat(this.now),
      deadline: later(this.now, ttlSeconds * 1000),
    })
  }

  /** Records the expiry of an agent, if its lease has lapsed. */
  expire(number: number): void {
    const known = this.#known.get(idOf(number))
    if (known && known.deadline <= this.now) this.#put({ ...known, expired: true })
  }

  /** Marks an agent as suspect, if its lease has not expired. */
  hold(number: number): void {
    const known = this.#known.get(idOf(number))
    if (known && !known.expired) this.#put({ ...known, suspect: true })
  }

  delete(number: number): void {
    this.#known.delete(idOf(number))
    this.table.delete(idOf(number))
  }

  /** Returns the ids of all candidates of the index, in its order. */
  candidates(filter: AgentFilter): string[] {
    return this.#idsOf(filter, (leases) => leases)
  }

  /** Compares the results of a filter with those of a full scan. */
  check(filter: AgentFilter): void {
    this.#check(filter, 'clock')
    this.#check(filter, 'transitions')
  }

  #check(filter: AgentFilter, aliveBy: 'clock' | 'transitions'): void {
    const matcher = new AgentMatcher(filter)
    const expected = [...this.#known.values()]
      .filter(({ agentId, profile, deadline, expired, ...lease }) => {
        const alive = aliveBy === 'clock' ? this.now < deadline : !expired
        return matcher.lists(agentId, { ...profile, ...lease, alive })
      })
      .map(({ agentId }) => agentId)
      .toSorted()
    const candidates = this.candidates(filter)
    const what = `${JSON.stringify(filter)}, alive by ${aliveBy},`
    const candidateIds = new Set(candidates)
    expect(candidateIds.size, `${what} returns each once`).toBe(candidates.length)
    expect(
      expected.filter((agentId) => !candidateIds.has(agentId)),
      `${what} misses`,
    ).toEqual([])
    const found = this.#idsOf(filter, (leases) => this.table.matching(leases, matcher, aliveBy))
    expect(found, what).toEqual(expected)
    expect(this.table.candidates(matcher).size > 0 || expected.length === 0, what).toBe(true)
  }

  #put(fields: Lease): void {
    this.#known.set(fields.agentId, fields)
    this.table.put(fields)
  }

  #idsOf(
    filter: AgentFilter,
    choose: (leases: readonly TableLease[]) => readonly TableLease[],
  ): string[] {
    const candidates = this.table.candidates(new AgentMatcher(filter))
    const ids: string[] = []
    for (let from: string | undefined; ; ) {
      const leases = candidates.after(from)
      from = leases.at(-1)?.agentId
      if (from === undefined) return ids
      ids.push(...choose(leases).map(({ agentId }) => agentId))
    }
  }
}

function idOf(number: number): string {
  return `agent-${String(number).padStart(5, '0')}`
}

function nameOf(number: number, variant: number): string {
  if (number % 100 === 41) return `Rare ${number}`
  return ['Common', `Common ${number % 7}`, `Rare ${number}`, 'common'][variant] ?? 'Common'
}
