import type { AgentStatus } from '@rollcall/protocol'
import { expect } from 'vitest'
import type { Lease } from '../../../src/domain/lease.ts'
import { toMetadata } from '../../../src/domain/metadata.ts'
import type { AgentFilter } from '../../../src/domain/query/agent-filter.ts'
import { AgentMatcher } from '../../../src/domain/query/agent-matcher.ts'
import { LeaseClock } from '../../../src/storage/live/lease-clock.ts'
import { LeaseTable } from '../../../src/storage/live/table/lease-table.ts'
import type { TableLease } from '../../../src/storage/live/table/table-lease.ts'
import { ManualClock } from '../../../src/testing/manual-clock.ts'
import { sampleLease } from './sample-lease.ts'

interface Said {
  /** 0: as nearly all agents are; the others have less in common. Default 0. */
  readonly variant?: number
  readonly status?: AgentStatus
  /** Default 3600. */
  readonly ttlSeconds?: number
}

/** A table with its index, and beside it a list of the same agents that every answer is held to. */
export class IndexedFleet {
  readonly table: LeaseTable
  readonly #clock = new ManualClock()
  readonly #leaseClock = new LeaseClock({ clock: this.#clock })
  readonly #known = new Map<string, Lease>()

  /** @param options.postponed the index is to be filled with `indexMore` */
  constructor(options: { postponed: boolean } = { postponed: false }) {
    this.table = new LeaseTable(this.#leaseClock)
    if (options.postponed) this.table.deferIndexes()
  }

  get now(): number {
    return this.#leaseClock.now()
  }

  advance(ms: number): void {
    this.#clock.advance(ms)
  }

  /** Registers an agent by its number, or registers it anew. */
  put(number: number, { variant = 0, status = 'ready', ttlSeconds = 3_600 }: Said = {}): void {
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
      deadline: this.now + ttlSeconds * 1000,
    })
  }

  /** Writes down that an agent has expired, if it has. */
  expire(number: number): void {
    const known = this.#known.get(idOf(number))
    if (known && known.deadline <= this.now) this.#put({ ...known, expired: true })
  }

  delete(number: number): void {
    this.#known.delete(idOf(number))
    this.table.delete(idOf(number))
  }

  /** The ids of all agents that the index brings into question, in its order. */
  candidates(filter: AgentFilter): string[] {
    return this.#follow(filter, (leases) => leases)
  }

  /** Holds the answers to a filter against what a look at every agent finds. */
  check(filter: AgentFilter): void {
    this.#check(filter, 'clock')
    this.#check(filter, 'transitions')
  }

  #check(filter: AgentFilter, aliveBy: 'clock' | 'transitions'): void {
    const matcher = new AgentMatcher(filter)
    const expected = [...this.#known.values()]
      .filter(({ agentId, profile, status, deadline, expired }) => {
        const alive = aliveBy === 'clock' ? this.now < deadline : !expired
        return matcher.lists(agentId, { ...profile, status, alive })
      })
      .map(({ agentId }) => agentId)
      .toSorted()
    const candidates = this.candidates(filter)
    const what = `${JSON.stringify(filter)}, alive by ${aliveBy},`
    const inQuestion = new Set(candidates)
    expect(inQuestion.size, `${what} gives each once`).toBe(candidates.length)
    expect(
      expected.filter((agentId) => !inQuestion.has(agentId)),
      `${what} misses`,
    ).toEqual([])
    const found = this.#follow(filter, (leases) => this.table.matching(leases, matcher, aliveBy))
    expect(found, what).toEqual(expected)
    expect(this.table.candidates(matcher).size > 0 || expected.length === 0, what).toBe(true)
  }

  #put(fields: Lease): void {
    this.#known.set(fields.agentId, fields)
    this.table.put(fields)
  }

  #follow(
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
