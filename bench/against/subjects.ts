import { PostgresServer } from '../../test/postgres/support/postgres-server.ts'
import { createDatabase } from '../../test/postgres/support/test-database.ts'
import { fill, registration } from '../fleet.ts'
import { startRollcall, untilIndexed } from '../processes.ts'
import { searchedProfile } from '../queried-fleet.ts'

const HEARTBEAT_AGENTS = 2000

/** Two registries that are compared, with the same agents. */
export interface Pair extends AsyncDisposable {
  readonly before: string
  readonly now: string
}

/** Starts `rollcall serve` of another checkout and of this one, each with a file of its own. */
export async function filePair(command: string): Promise<Pair> {
  const pair = await startPair(command, [undefined, undefined])
  return fillPair(pair)
}

/** The same, each with a database of its own on one PostgreSQL server. */
export async function postgresPair(command: string): Promise<Pair> {
  const server = await PostgresServer.launch()
  const dbs = [await createDatabase(server.url()), await createDatabase(server.url())] as const
  const pair = await startPair(command, dbs)
  return fillPair({
    ...pair,
    [Symbol.asyncDispose]: async () => {
      await pair[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
    },
  })
}

/** The same as {@link filePair}, with many agents, of which queries find a few, once they are indexed. */
export async function searchedPair(command: string, agents: number): Promise<Pair> {
  const pair = await startPair(command, [undefined, undefined])
  for (const url of [pair.before, pair.now]) {
    await fill(url, agents, (index) => ({ ttl_seconds: 3600, ...searchedProfile(index, agents) }))
    await untilIndexed(url)
  }
  return pair
}

async function startPair(
  command: string,
  [first, second]: readonly [string | undefined, string | undefined],
): Promise<Pair> {
  const before = await startRollcall({ command, ...(first && { db: first }) })
  const now = await startRollcall({ ...(second && { db: second }) })
  return {
    before: before.url,
    now: now.url,
    [Symbol.asyncDispose]: async () => {
      await before[Symbol.asyncDispose]()
      await now[Symbol.asyncDispose]()
    },
  }
}

async function fillPair(pair: Pair): Promise<Pair> {
  for (const url of [pair.before, pair.now]) {
    await fill(url, HEARTBEAT_AGENTS, { ttl_seconds: 3600 })
  }
  return pair
}

/** Two registrations of each agent of a pair, each with other metadata than the one before. */
export const REGISTRATIONS: readonly Buffer[] = Array.from(
  { length: 2 * HEARTBEAT_AGENTS },
  (_, index) => {
    const extra = { ttl_seconds: 3600, metadata: { run: Math.floor(index / HEARTBEAT_AGENTS) } }
    const body = registration(index % HEARTBEAT_AGENTS, extra)
    return Buffer.from(
      'POST /agents/register HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n' +
        `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    )
  },
)

/** One heartbeat of each agent of a pair. */
export const HEARTBEATS: readonly Buffer[] = Array.from({ length: HEARTBEAT_AGENTS }, (_, index) =>
  Buffer.from(
    `POST /agents/agent-${index}/heartbeat HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n`,
  ),
)
