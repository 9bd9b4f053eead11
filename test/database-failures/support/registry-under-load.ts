import { setTimeout as sleep } from 'node:timers/promises'
import type { AgentEvent, Health } from '@rollcall/protocol'
import { expect } from 'vitest'
import type { HttpClient } from '../../e2e/support/http-client.ts'
import { CALLED_AGENT } from './database-requests.ts'
import { FeedFollower } from './feed-follower.ts'
import { BEATING, HeartbeatFleet } from './heartbeat-fleet.ts'
import { RandomWorkload } from './random-workload.ts'
import { RegistryNodes } from './registry-nodes.ts'

/** The amount of load. */
export interface Load {
  /** Agents that send heartbeats; default 40. */
  readonly agents?: number
  /** TTL of those agents; default 4. */
  readonly ttlSeconds?: number
  /** Workers that change agents; default 12. */
  readonly workers?: number
  /** Registry processes; default 2. */
  readonly count?: number
  /** Further options of `rollcall serve`. */
  readonly args?: readonly string[]
}

/**
 * Two nodes on one database, agents with heartbeats, agents that change, and a feed follower for
 * each node.
 */
export class RegistryUnderLoad implements AsyncDisposable {
  readonly nodes: RegistryNodes
  readonly fleet: HeartbeatFleet
  readonly changes: RandomWorkload
  readonly followers: readonly FeedFollower[]
  #stopping: Promise<unknown> | undefined

  private constructor(parts: {
    nodes: RegistryNodes
    fleet: HeartbeatFleet
    changes: RandomWorkload
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
    const fleet = await HeartbeatFleet.start(nodes, { agents, ttlSeconds })
    const changes = new RandomWorkload(nodes, { workers })
    return new RegistryUnderLoad({ nodes, fleet, changes, followers })
  }

  /** The follower of the first node. */
  get feed(): FeedFollower {
    return this.followers[0] as FeedFollower
  }

  /**
   * Stops the load. Expects that every acknowledged change was kept and delivered, and that no
   * agent expired.
   */
  async expectConsistent(): Promise<void> {
    await Promise.all([this.fleet.stop(), this.changes.stop()])
    // Of a node that has ended, the follower would only say that it waits.
    this.nodes.expectHealthy()
    const revision = await revisionOf(this.nodes.next())
    for (const follower of this.followers) await follower.reached(revision)
    await sleep(100) // Duplicate events would arrive now.
    this.nodes.expectHealthy()
    expect(this.fleet.counts.failures).toEqual([])
    expect(this.changes.counts.failures).toEqual([])
    expect(await this.changes.violations()).toEqual([])
    const lines = this.followers.map(({ events }) => events.map(toLine))
    const history = await historyOf(this.nodes.next(), { since: this.feed.first - 1, revision })
    for (const [index, { counts }] of this.followers.entries()) {
      expect(counts.failures).toEqual([])
      expect(lines[index]?.slice(0, history.length)).toEqual(history.map(toLine))
    }
    const expired = this.feed.events.filter(
      ({ type, agent_id }) => agent_id.startsWith(BEATING) && type !== 'registered',
    )
    expect(expired.map((event) => `${toLine(event)} ${event.at} ${event.reason}`)).toEqual([])
  }

  /** Summary for the test output. */
  get summary(): string {
    const { registrations, deregistrations, statusChanges, unsure } = this.changes.figures
    const [beats, changing] = [this.fleet.counts, this.changes.counts]
    const ends = this.followers.flatMap((follower) => follower.ends).length
    return (
      `heartbeats ${beats.expected} × 200, ${beats.rejected} × 503, slowest ${ms(beats.slowestMs)}; ` +
      `changes and reads ${changing.expected} × 200, ${changing.rejected} × 503, ` +
      `slowest ${ms(changing.slowestMs)}; acknowledged ${registrations} registrations, ` +
      `${deregistrations} deregistrations, ${statusChanges} status changes, none lost; ` +
      `${unsure} rejected with unknown outcome; ${this.feed.events.length} events on each ` +
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
    // Requests that hang end with the processes.
    await Promise.race([stopped, sleep(1000)])
    await this.nodes[Symbol.asyncDispose]()
    await stopped
  }
}

/** Returns the revision of a registry; throws if it is unavailable. */
export async function revisionOf(http: HttpClient): Promise<number> {
  const { status, body } = await http.get<Health>('/health')
  if (status !== 200) throw new Error(`/health returned ${status}`)
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
