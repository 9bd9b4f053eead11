// An agent behind a proxy that does everything to its requests that a bad network and a bad day of
// the registry can do.
//
//   ROLLCALL_CHAOS_SEED   repeats the choices of a run, as far as timing allows
import { setTimeout as sleep } from 'node:timers/promises'
import { AgentRegistryClient, type ClientClock, systemClock } from '@rollcall/client'
import type { Agent } from '@rollcall/protocol'
import { expect, test } from 'vitest'
import { FAULTS, type Fault, FaultyProxy, type SignOfLife } from './client-faulty-proxy.ts'
import { SeededRandom } from './feed-random.ts'
import { RegistryProcess } from './registry-process.ts'
import { TemporaryFolder } from './temporary-folder.ts'

const SEED = Number(process.env.ROLLCALL_CHAOS_SEED ?? Math.floor(Math.random() * 2 ** 31))
const TTL_SECONDS = 3
/** Between two heartbeats, and the longest pause after a failure. */
const THIRD_MS = 1000
const FIRST_BACKOFF_MS = 250
const CHAOS_MS = 6000
const AWAY_MS = TTL_SECONDS * 1000 + 500
/** What a busy machine may add. */
const GRACE_MS = 1000
/** By so much a timer may ring early, and two processes of one machine see things differently. */
const TOLERANCE_MS = 5
const RETRY_AFTER_SECONDS = 0.7

/** An agent of its own behind a proxy of its own. */
class Victim implements AsyncDisposable {
  readonly agentId: string
  readonly proxy: FaultyProxy
  readonly client: AgentRegistryClient
  readonly story: string[] = []

  private constructor(agentId: string, proxy: FaultyProxy, client: AgentRegistryClient) {
    this.agentId = agentId
    this.proxy = proxy
    this.client = client
    for (const name of ['lost', 'reregistered', 'error', 'recovered'] as const) {
      client.on(name, () => this.story.push(name))
    }
  }

  /** @param chance what the client takes for random, so that its pauses are known */
  static async join(
    targetUrl: string,
    options: { chance: number; nextFault: () => Fault | undefined; delayMs: () => number },
  ): Promise<Victim> {
    const { chance, nextFault, delayMs } = options
    const retryAfterSeconds = () => RETRY_AFTER_SECONDS
    const proxy = await FaultyProxy.start({
      port: 0,
      targetUrl,
      nextFault,
      delayMs,
      retryAfterSeconds,
    })
    const clock: ClientClock = { ...systemClock, random: () => chance }
    const client = await AgentRegistryClient.join({
      registryUrl: proxy.url,
      clock,
      agentId: `victim:${chance}`,
      agentName: 'Victim',
      host: '127.0.0.1',
      ttlSeconds: TTL_SECONDS,
      status: 'busy',
      capabilities: ['suffer'],
    })
    return new Victim(client.agentId, proxy, client)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close()
    await this.proxy[Symbol.asyncDispose]()
  }
}

test('an agent survives whatever happens to its requests, and never storms', async ({
  onTestFailed,
}) => {
  onTestFailed(() => console.error(`ROLLCALL_CHAOS_SEED=${SEED}`))
  const random = new SeededRandom(SEED)
  const rejections: unknown[] = []
  const noteRejection = (reason: unknown): void => {
    rejections.push(reason)
  }
  process.on('unhandledRejection', noteRejection)
  using folder = new TemporaryFolder()
  await using registry = await RegistryProcess.start({ cwd: folder.path, db: 'memory:' })
  let isChaos = false
  await using victims = new AsyncDisposableStack()
  const join = async (chance: number): Promise<Victim> => {
    const own = random.fork()
    const faults = shuffledForEver(own)
    return victims.use(
      await Victim.join(registry.url, {
        chance,
        nextFault: () => (isChaos && own.chance(0.8) ? faults() : undefined),
        delayMs: () => own.integer(50, 700),
      }),
    )
  }
  const all = [await join(0.3), await join(0.6), await join(0.9), await join(1)]

  isChaos = true
  const awayAfter = random.integer(0, CHAOS_MS)
  await sleep(awayAfter)
  await Promise.all(all.map(({ proxy }) => proxy.goAway()))
  await sleep(AWAY_MS)
  await Promise.all(all.map(({ proxy }) => proxy.comeBack()))
  await sleep(CHAOS_MS - awayAfter)
  isChaos = false
  // What hangs now is let go: the trouble is over for everybody at the same moment.
  await Promise.all(all.map(({ proxy }) => proxy.goAway()))
  await Promise.all(all.map(({ proxy }) => proxy.comeBack()))

  await expect
    .poll(() => aliveAt(registry), { timeout: 1.1 * THIRD_MS + GRACE_MS, interval: 20 })
    .toEqual(all.map(({ agentId }) => agentId).sort())
  // A whole TTL later they are still there: the heartbeats go on.
  await sleep(TTL_SECONDS * 1000)
  expect(await aliveAt(registry)).toEqual(all.map(({ agentId }) => agentId).sort())
  for (const { proxy, client, agentId } of all) {
    expect(overlaps(proxy.signsOfLife), agentId).toEqual([])
    const chance = Number(client.agentId.split(':')[1])
    expect(storms(proxy.signsOfLife, chance), agentId).toEqual([])
    expect(proxy.signsOfLife.length, agentId).toBeGreaterThan(6)
  }
  for (const { story, agentId } of all) {
    expect(story, agentId).toContain('error')
    expect(story, agentId).toContain('recovered')
    expect(story.lastIndexOf('recovered'), agentId).toBeGreaterThan(story.lastIndexOf('error'))
    const times = (name: string): number => story.filter((told) => told === name).length
    expect(times('reregistered'), agentId).toBe(times('lost'))
  }
  expect(rejections).toEqual([])
  process.off('unhandledRejection', noteRejection)
}, 40_000)

/** Each fault once, in random order, and again. */
function shuffledForEver(random: SeededRandom): () => Fault {
  let left: Fault[] = []
  return () => {
    if (left.length === 0) left = [...FAULTS]
    return left.splice(random.integer(0, left.length - 1), 1)[0] ?? 'reset'
  }
}

async function aliveAt(registry: RegistryProcess): Promise<string[]> {
  const { body } = await registry.http.get<Agent[]>('/agents')
  return body.filter(({ status }) => status === 'busy').map(({ agent_id }) => agent_id)
}

/** Signs of life that began before the one before them had ended. */
function overlaps(signs: readonly SignOfLife[]): string[] {
  return pairs(signs)
    .filter(([before, sign]) => !((before.endedAt ?? Number.POSITIVE_INFINITY) <= sign.beganAt))
    .map(([before, sign]) => `${told(sign)} during ${told(before)}`)
}

/**
 * Signs of life that came too soon after the one before. What a client suffered without the proxy
 * seeing it only makes its pauses longer, so these are lower bounds.
 */
function storms(signs: readonly SignOfLife[], chance: number): string[] {
  const found: string[] = []
  let failures = 0
  for (const [before, sign] of pairs(signs)) {
    // The one exception: who is not known registers at once.
    const isAnswerToLoss = before.fault === '404' && before.what === 'heartbeat'
    const isPlain = before.fault === undefined || before.fault === 'delay'
    failures = isPlain ? 0 : failures + (isAnswerToLoss ? 0 : 1)
    if (isAnswerToLoss && sign.what === 'register') continue
    const backoff = chance * Math.min(THIRD_MS, FIRST_BACKOFF_MS * 2 ** (failures - 1))
    const asked = before.fault === '503' ? RETRY_AFTER_SECONDS * 1000 : 0
    const least = failures > 0 ? Math.max(backoff, asked) : chance * FIRST_BACKOFF_MS
    const pause = sign.beganAt - (before.endedAt ?? before.beganAt)
    if (pause < least - TOLERANCE_MS) {
      found.push(`${told(sign)} ${pause} ms after ${told(before)}, not ${least} ms`)
    }
  }
  return found
}

function pairs(signs: readonly SignOfLife[]): [SignOfLife, SignOfLife][] {
  return signs.slice(1).flatMap((sign, i) => {
    const before = signs[i]
    return before ? [[before, sign]] : []
  })
}

function told({ what, fault, beganAt }: SignOfLife): string {
  return `${what} (${fault ?? 'no fault'}) at ${Math.round(beganAt)}`
}
