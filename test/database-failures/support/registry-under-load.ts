import { setTimeout as sleep } from 'node:timers/promises'
import type { AgentEvent, Health } from '@rollcall/protocol'
import { expect } from 'vitest'
import type { HttpClient } from '../../e2e/support/http-client.ts'
import { ChangingAgents } from './random-workload.ts'
import { CALLED_AGENT } from './database-calls.ts'
import { FeedFollower } from './feed-follower.ts'
import { BEATING, BeatingFleet } from './heartbeat-fleet.ts'
import { RegistryNodes } from './registry-nodes.ts'

/** How much goes on. */
export interface Load {
  /** Agents that live from heartbeat to heartbeat; default 40. */
  readonly agents?: number
  /** Of those agents; default 4. */
  readonly ttlSeconds?: number
  /** Default 12. */
  readonly workers?: number
  /** Registry processes; default 2. */
  readonly count?: number
  /** Further options of `rollcall serve`. */
  readonly args?: readonly string[]
}

/** Two nodes on one database, a fleet that beats, agents that change, and a follower of each node. */
export class RegistryUnderLoad implements AsyncDisposable {
  readonly nodes: RegistryNodes
  readonly fleet: BeatingFleet
  readonly changes: ChangingAgents
  readonly followers: readonly FeedFollower[]
  #stopping: Promise<unknown> | undefined

  private constructor(parts: {
    nodes: RegistryNodes
    fleet: BeatingFleet
    changes: ChangingAgents
    followers: readonly FeedFollower[]
  }) {
    this.nodes = parts.nodes
    this.fleet = parts.fleet
    this.changes = parts.changes
    this.followers = parts.followers
  }

  static async start(db: string, load: Load = {}): Promise<RegistryUnderLoad> {
    const { agents = 40, ttlSeconds = 4, workers = 12, count = 2, args = [] } = load
    const nodes = await RegistryNodes.start(db, { count, args })
    await nodes.next().send('POST', '/agents/register', CALLED_AGENT)
    const since = await revisionOf(nodes.next())
    const followers = nodes.all.map(({ url }) => new FeedFollower(url, since))
    const fleet = await BeatingFleet.start(nodes, { agents, ttlSeconds })
    const changes = new ChangingAgents(nodes, { workers })
    return new RegistryUnderLoad({ nodes, fleet, changes, followers })
  }

  /** The follower of the first node. */
  get feed(): FeedFollower {
    return this.followers[0] as FeedFollower
  }

  /** Ends the load, and expects that no promise was broken, whatever had happened. */
  async expectUnbroken(): Promise<void> {
    await Promise.all([this.fleet.stop(), this.changes.stop()])
    const revision = await revisionOf(this.nodes.next())
    for (const follower of this.followers) await follower.heardOf(revision)
    await sleep(100) // Whatever came twice would come now.
    this.nodes.expectUnharmed()
    expect(this.fleet.tally.faults).toEqual([])
    expect(this.changes.tally.faults).toEqual([])
    expect(await this.changes.brokenPromises()).toEqual([])
    const told = this.followers.map(({ events }) => events.map(toLine))
    const history = await historyOf(this.nodes.next(), { since: this.feed.first - 1, revision })
    for (const [index, { tally }] of this.followers.entries()) {
      expect(tally.faults).toEqual([])
      expect(told[index]?.slice(0, history.length)).toEqual(history.map(toLine))
    }
    const expired = this.feed.events.filter(
      ({ type, agent_id }) => agent_id.startsWith(BEATING) && type !== 'registered',
    )
    expect(expired.map((event) => `${toLine(event)} ${event.at} ${event.reason}`)).toEqual([])
  }

  /** What was counted, for people. */
  get story(): string {
    const { registrations, deregistrations, statusChanges, unsure } = this.changes.figures
    const [beats, changing] = [this.fleet.tally, this.changes.tally]
    const ends = this.followers.flatMap((follower) => follower.ends).length
    return (
      `heartbeats ${beats.fine} × 200, ${beats.refused} × 503, slowest ${ms(beats.slowestMs)}; ` +
      `changes and reads ${changing.fine} × 200, ${changing.refused} × 503, ` +
      `slowest ${ms(changing.slowestMs)}; acknowledged ${registrations} registrations, ` +
      `${deregistrations} deregistrations, ${statusChanges} changes of status, none lost; ` +
      `${unsure} refused that may have come about; ${this.feed.events.length} events to each ` +
      `of ${this.followers.length} streams, which ended ${ends} times; ` +
      `${this.nodes.loggedLines} lines logged`
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping ??= this.#stop()
    await this.#stopping
  }

  async #stop(): Promise<void> {
    const stopped = Promise.all([
      this.fleet.stop(),
      this.changes.stop(),
      ...this.followers.map((follower) => follower.stop()),
    ])
    // What hangs ends with the processes.
    await Promise.race([stopped, sleep(1000)])
    await this.nodes[Symbol.asyncDispose]()
    await stopped
  }
}

/** The revision of a registry; throws when it cannot tell. */
export async function revisionOf(http: HttpClient): Promise<number> {
  const { status, body } = await http.get<Health>('/health')
  if (status !== 200) throw new Error(`/health was answered with ${status}`)
  return body.revision
}

async function historyOf(
  http: HttpClient,
  { since, revision }: { since: number; revision: number },
): Promise<AgentEvent[]> {
  const events: AgentEvent[] = []
  for (let from = since; from < revision; ) {
    const { body } = await http.get<AgentEvent[]>(`/events?since=${from}&limit=1000`)
    events.push(...body)
    const last = body.at(-1)
    if (last === undefined) throw new Error(`the history ends at ${from}, not at ${revision}`)
    from = last.revision
  }
  return events.filter((event) => event.revision <= revision)
}

function toLine({ revision, type, agent_id }: AgentEvent): string {
  return `${revision} ${type} ${agent_id}`
}

function ms(milliseconds: number): string {
  return `${Math.round(milliseconds)} ms`
}
