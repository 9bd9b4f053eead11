// Consumers of the change feed with bad connections to a registry that is killed repeatedly, loses its
// data, or goes on with an older or diverged copy of it: in the end each holds exactly the agents that the list with the same filter shows.
//
//   ROLLCALL_FEED_RUNS   number of consumers; default 200, full run 10000
//   ROLLCALL_FEED_SEED   repeats the random choices of a run, as far as timing allows
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { Agent } from '@rollcall/protocol'
import { expect, test } from 'vitest'
import { freshStore, STORE } from '../stores/fresh-store.ts'
import { FeedChurn } from './support/feed-churn.ts'
import { FeedConsumer } from './support/feed-consumer.ts'
import { filterQuery, randomFilter } from './support/feed-filter.ts'
import { SeededRandom } from './support/feed-random.ts'
import { KillableRegistry } from './support/feed-registry.ts'

const RUNS = Number(process.env.ROLLCALL_FEED_RUNS ?? 200)
const SEED = Number(process.env.ROLLCALL_FEED_SEED ?? Math.floor(Math.random() * 2 ** 31))
/** Concurrent consumers: with more, most would wait for their streams to begin. */
const RUNS_PER_ROUND = STORE === 'sqlite' ? 100 : 50
/** Node counts to test; a consumer reconnects to another node than its last. */
const NODE_COUNTS = STORE === 'sqlite' ? [1] : [1, 2]
const RUNS_PER_NODE_COUNT = Math.ceil(RUNS / NODE_COUNTS.length)
const KILLS_PER_ROUND = { least: 1, most: 2 }
const UPTIME_MS = { least: 500, most: 1200 }
const DOWNTIME_MS = { least: 1, most: 200 }
/** Milliseconds within which all consumers must catch up once changes stop. */
const CATCH_UP_MS = 60_000

/** Kills the registry repeatedly, lets the consumers catch up, and compares. */
async function round(registry: KillableRegistry, random: SeededRandom, consumers: FeedConsumer[]) {
  const following = consumers.map((it) => it.follow((last) => registry.nodeOtherThan(last)))
  await using churn = new FeedChurn(registry.send, random.fork())
  churn.start()
  for (
    let kills = random.integer(KILLS_PER_ROUND.least, KILLS_PER_ROUND.most);
    kills > 0;
    kills--
  ) {
    await sleep(random.integer(UPTIME_MS.least, UPTIME_MS.most))
    const what = random.weighted({ kill: 6, fork: 4, lose: 1 })
    await registry[what]()
    await sleep(random.magnitude(DOWNTIME_MS.least, DOWNTIME_MS.most))
    await registry.start()
  }
  await sleep(random.integer(UPTIME_MS.least, UPTIME_MS.most))
  await churn.pause()
  for (const consumer of consumers) consumer.keepSteady()
  await letCatchUp(registry, consumers)
  await compare(registry, consumers)
  for (const consumer of consumers) consumer.stop()
  await Promise.all(following)
  await Promise.all(
    consumers.map(({ marker }) => registry.send('DELETE', `/agents/${marker.agent_id}`)),
  )
}

async function letCatchUp(registry: KillableRegistry, consumers: FeedConsumer[]): Promise<void> {
  const register = (them: readonly FeedConsumer[]) =>
    Promise.all(them.map(({ marker }) => registry.send('POST', '/agents/register', marker)))
  await register(consumers)
  const deadline = Date.now() + CATCH_UP_MS
  for (let rounds = 1; Date.now() < deadline; rounds++) {
    const waiting = consumers.filter(({ isSettled }) => !isSettled)
    if (waiting.length === 0) return
    // A consumer that connects late may miss the short time between a marker's expiry and its
    // removal: such a marker expires again and again.
    if (rounds % 300 === 0) await register(waiting.filter(({ hasBriefMarker }) => hasBriefMarker))
    await sleep(10)
  }
  for (const consumer of consumers) {
    if (consumer.isSettled) continue
    const { body } = await registry.send('GET', `/agents/${consumer.marker.agent_id}/events`)
    const known = JSON.stringify(body)
    consumer.fail(
      `did not receive the last change within ${CATCH_UP_MS} ms; the registry has ${known}`,
    )
  }
}

/** Compares the agents of each consumer with its list on every node, all at one revision. */
async function compare(registry: KillableRegistry, consumers: FeedConsumer[]): Promise<void> {
  for (;;) {
    const revision = await registry.quiet()
    const lists = await Promise.all(
      registry.clients.flatMap((http) =>
        consumers.map(async (consumer) => {
          const query = filterQuery(consumer.filter)
          return { consumer, ...(await http.get<Agent[]>(`/agents?${query}`)) }
        }),
      ),
    )
    const positions = lists.map(({ headers }) => Number(headers['x-registry-revision']))
    // Something lapsed or was cleaned up meanwhile.
    if (positions.some((position) => position !== revision)) continue
    if ((await registry.quiet()) !== revision) continue
    for (const { consumer, body } of lists) {
      const differences = differencesBetween(consumer.model.agents, body)
      if (differences.length > 0) consumer.fail(`at ${revision}: ${differences.join('; ')}`)
    }
    return
  }
}

function differencesBetween(held: ReadonlyMap<string, Agent>, listed: readonly Agent[]): string[] {
  const surplus = new Map(held)
  const differences: string[] = []
  for (const agent of listed) {
    const own = surplus.get(agent.agent_id)
    surplus.delete(agent.agent_id)
    if (own === undefined) differences.push(`misses ${JSON.stringify(agent)}`)
    else if (!isDeepStrictEqual(withoutVolatileFields(own), withoutVolatileFields(agent))) {
      differences.push(`holds ${JSON.stringify(own)} instead of ${JSON.stringify(agent)}`)
    }
  }
  for (const own of surplus.values()) differences.push(`still holds ${JSON.stringify(own)}`)
  return differences
}

/** Removes the fields that change without a transition. */
function withoutVolatileFields({ last_heartbeat: _, expires_at: __, load: ___, ...agent }: Agent) {
  return agent
}

test.each(NODE_COUNTS)(
  `${RUNS_PER_NODE_COUNT} consumers that reconnect to a registry of %d nodes match the list after kills, data loss, forks and trimmed history`,
  {
    timeout: 180_000 + RUNS * 150,
  },
  async (nodes) => {
    console.log(`ROLLCALL_FEED_SEED=${SEED}`)
    const random = new SeededRandom(SEED)
    const total = { disconnects: 0, insideEvent: 0, resumes: 0, resets: 0, applied: 0 }
    await using store = await freshStore()
    await using registry = await KillableRegistry.start({ store, nodes, random: random.fork() })

    for (let first = 1; first <= RUNS_PER_NODE_COUNT; first += RUNS_PER_ROUND) {
      const size = Math.min(RUNS_PER_ROUND, RUNS_PER_NODE_COUNT - first + 1)
      const consumers = Array.from({ length: size }, (_, index) => {
        const own = random.fork()
        return new FeedConsumer({ random: own, filter: randomFilter(own), run: first + index })
      })
      await round(registry, random.fork(), consumers)
      expect(consumers.flatMap(({ failure }) => failure ?? []).join('\n')).toBe('')
      for (const { figures, model } of consumers) {
        total.disconnects += figures.disconnects
        total.insideEvent += figures.insideEvent
        total.resumes += model.figures.resumes
        total.resets += model.figures.resets
        total.applied += model.figures.applied
      }
    }

    const { kills, losses, forks } = registry.figures
    console.log(
      `change feed on ${STORE}, nodes: ${nodes}, ${RUNS_PER_NODE_COUNT} runs, ${kills} kills, ` +
        `data lost ${losses} times, exchanged for a copy ${forks} times, ${total.disconnects} disconnects ` +
        `(${total.insideEvent} inside an event), ${total.resumes} resumes, ${total.resets} resets, ` +
        `${total.applied} events applied, no consumer differs from its list`,
    )
  },
)
