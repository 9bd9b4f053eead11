// An agent behind a proxy that does everything to its requests that a bad network and a bad day of
// the registry can do.
//
//   ROLLCALL_CHAOS_SEED   repeats the choices of a run, as far as timing allows
import { setTimeout as sleep } from 'node:timers/promises'
import { AgentRegistryClient } from '@rollcall/client'
import type { Agent } from '@rollcall/protocol'
import { expect, onTestFailed, test } from 'vitest'
import { FAULTS, type Fault, FaultyProxy } from './support/client-faulty-proxy.ts'
import { ClientTrace, type SignOfLife } from './support/client-trace.ts'
import { SeededRandom } from './support/feed-random.ts'
import { OriginalRegistry } from './support/original-registry.ts'
import { RegistryProcess } from './support/registry-process.ts'
import { TemporaryFolder } from './support/temporary-folder.ts'

const SEED = Number(process.env.ROLLCALL_CHAOS_SEED ?? Math.floor(Math.random() * 2 ** 31))
const TTL_SECONDS = 3
/** Between two heartbeats, and the longest pause after a failure. */
const THIRD_MS = 1000
const FIRST_BACKOFF_MS = 250
const CHAOS_MS = 6000
const AWAY_MS = TTL_SECONDS * 1000 + 500
const RETRY_AFTER_SECONDS = 0.7

/** An agent of its own behind a proxy of its own. */
class Victim implements AsyncDisposable {
  readonly agentId: string
  readonly proxy: FaultyProxy
  readonly client: AgentRegistryClient
  readonly trace: ClientTrace
  readonly log: string[] = []

  private constructor(proxy: FaultyProxy, client: AgentRegistryClient, trace: ClientTrace) {
    this.agentId = client.agentId
    this.proxy = proxy
    this.client = client
    this.trace = trace
    for (const name of ['lost', 'reregistered', 'error', 'recovered'] as const) {
      client.on(name, () => this.log.push(name))
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
    const trace = new ClientTrace(chance)
    const client = await AgentRegistryClient.join({
      registryUrl: proxy.url,
      clock: trace.clock,
      fetch: trace.fetch,
      agentId: `victim:${chance}`,
      agentName: 'Victim',
      host: '127.0.0.1',
      ttlSeconds: TTL_SECONDS,
      status: 'busy',
      capabilities: ['suffer'],
    })
    return new Victim(proxy, client, trace)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close()
    await this.proxy[Symbol.asyncDispose]()
  }
}

test.each([
  ['this registry', startRegistry],
  // No TTL and no interval in the answer to a heartbeat, and times without a zone.
  ['a registry of the original contract', () => OriginalRegistry.start()],
])(
  'an agent of %s survives whatever happens to its requests, and never storms',
  async (_, start) => {
    onTestFailed(() => console.error(`ROLLCALL_CHAOS_SEED=${SEED}`))
    const random = new SeededRandom(SEED)
    const rejections: unknown[] = []
    const noteRejection = (reason: unknown): void => {
      rejections.push(reason)
    }
    process.on('unhandledRejection', noteRejection)
    await using registry = await start()
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

    await expect.poll(() => aliveAt(registry)).toEqual(all.map(({ agentId }) => agentId).sort())
    // A whole TTL later they are still there: the heartbeats go on.
    await sleep(TTL_SECONDS * 1000)
    expect(await aliveAt(registry)).toEqual(all.map(({ agentId }) => agentId).sort())
    for (const { trace, agentId } of all) {
      const { signsOfLife } = trace
      expect(
        signsOfLife.filter(({ overlaps }) => overlaps),
        agentId,
      ).toEqual([])
      const chance = Number(agentId.split(':')[1])
      expect(storms(signsOfLife, chance), agentId).toEqual([])
      expect(signsOfLife.length, agentId).toBeGreaterThan(6)
    }
    for (const { log, agentId } of all) {
      expect(log, agentId).toContain('error')
      expect(log, agentId).toContain('recovered')
      expect(log.lastIndexOf('recovered'), agentId).toBeGreaterThan(log.lastIndexOf('error'))
      const times = (name: string): number => log.filter((told) => told === name).length
      expect(times('reregistered'), agentId).toBe(times('lost'))
    }
    expect(rejections).toEqual([])
    process.off('unhandledRejection', noteRejection)
  },
)

/** Each fault once, in random order, and again. */
function shuffledForEver(random: SeededRandom): () => Fault {
  let left: Fault[] = []
  return () => {
    if (left.length === 0) left = [...FAULTS]
    return left.splice(random.integer(0, left.length - 1), 1)[0] ?? 'reset'
  }
}

/** Those that are listed as alive; where a status is known, it must be what they said. */
async function aliveAt({ url }: { url: string }): Promise<string[]> {
  const agents = (await (await fetch(`${url}/agents`)).json()) as Partial<Agent>[]
  const isRight = ({ status = 'busy' }: Partial<Agent>) => status === 'busy'
  return agents
    .filter(isRight)
    .flatMap(({ agent_id = '' }) => agent_id)
    .sort()
}

async function startRegistry(): Promise<AsyncDisposable & { readonly url: string }> {
  const folder = new TemporaryFolder()
  const registry = await RegistryProcess.start({ cwd: folder.path, db: 'memory:' })
  return {
    url: registry.url,
    async [Symbol.asyncDispose]() {
      await registry[Symbol.asyncDispose]()
      folder[Symbol.dispose]()
    },
  }
}

/** Signs of life after a pause that is shorter than the client promises. */
function storms(signs: readonly SignOfLife[], chance: number): string[] {
  const found: string[] = []
  let failures = 0
  for (const [before, sign] of pairs(signs)) {
    // The one exception: who is not known registers at once.
    const isAnswerToLoss = before.status === 404 && before.what === 'heartbeat'
    if (isAnswerToLoss && sign.what === 'register') continue
    failures = before.status === 200 ? 0 : failures + 1
    const backoff = chance * Math.min(THIRD_MS, FIRST_BACKOFF_MS * 2 ** (failures - 1))
    // What the registry asks for comes first, however many failures there were.
    const asked = before.status === 503 ? RETRY_AFTER_SECONDS * 1000 : 0
    const least = failures > 0 ? asked || Math.round(backoff) : chance * FIRST_BACKOFF_MS
    if (sign.pauseMs === undefined || sign.pauseMs < least) {
      found.push(`${told(sign)} after ${told(before)}: not ${least} ms`)
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

function told({ what, pauseMs, status }: SignOfLife): string {
  return `${what} (${pauseMs} ms after the one before, answered with ${status})`
}
