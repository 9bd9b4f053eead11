// An agent behind a proxy that injects faults of the network and the registry.
//
//   ROLLCALL_CHAOS_SEED   repeats the choices of a run, as far as timing allows
import { setTimeout as sleep } from 'node:timers/promises'
import { AgentRegistryClient } from '@rollcall/client'
import type { Agent } from '@rollcall/protocol'
import { expect, onTestFailed, test } from 'vitest'
import { FAULTS, type Fault, FaultyProxy } from './support/faulty-proxy.ts'
import { SeededRandom } from './support/feed-random.ts'
import { OriginalRegistry } from './support/original-registry.ts'
import { RegistryProcess } from './support/registry-process.ts'
import { type RenewalRequest, RequestTrace } from './support/request-trace.ts'
import { TemporaryFolder } from './support/temporary-folder.ts'

const SEED = Number(process.env.ROLLCALL_CHAOS_SEED ?? Math.floor(Math.random() * 2 ** 31))
const TTL_SECONDS = 3
/** Heartbeat interval, and maximum delay after a failure. */
const THIRD_MS = 1000
const FIRST_BACKOFF_MS = 250
const CHAOS_MS = 6000
const OUTAGE_MS = TTL_SECONDS * 1000 + 500
const RETRY_AFTER_SECONDS = 0.7

/** An agent behind its own proxy. */
class ChaosAgent implements AsyncDisposable {
  readonly agentId: string
  readonly proxy: FaultyProxy
  readonly client: AgentRegistryClient
  readonly trace: RequestTrace
  readonly log: string[] = []

  private constructor(proxy: FaultyProxy, client: AgentRegistryClient, trace: RequestTrace) {
    this.agentId = client.agentId
    this.proxy = proxy
    this.client = client
    this.trace = trace
    for (const name of ['lost', 'reregistered', 'error', 'recovered'] as const) {
      client.on(name, () => this.log.push(name))
    }
  }

  /** @param chance fixed random value of the client, so that its delays are known */
  static async join(
    targetUrl: string,
    options: { chance: number; nextFault: () => Fault | undefined; delayMs: () => number },
  ): Promise<ChaosAgent> {
    const { chance, nextFault, delayMs } = options
    const retryAfterSeconds = () => RETRY_AFTER_SECONDS
    const proxy = await FaultyProxy.start({
      port: 0,
      targetUrl,
      nextFault,
      delayMs,
      retryAfterSeconds,
    })
    const trace = new RequestTrace(chance)
    const client = await AgentRegistryClient.join({
      registryUrl: proxy.url,
      clock: trace.clock,
      fetch: trace.fetch,
      agentId: `agent:${chance}`,
      agentName: 'Agent',
      host: '127.0.0.1',
      ttlSeconds: TTL_SECONDS,
      status: 'busy',
      capabilities: ['test'],
    })
    return new ChaosAgent(proxy, client, trace)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close()
    await this.proxy[Symbol.asyncDispose]()
  }
}

test.each([
  ['this registry', startRegistry],
  // No TTL and interval in the response to a heartbeat, and times without a zone.
  ['a registry of the original contract', () => OriginalRegistry.start()],
])('an agent of %s survives all faults, and never causes a retry storm', async (_, start) => {
  onTestFailed(() => console.error(`ROLLCALL_CHAOS_SEED=${SEED}`))
  const random = new SeededRandom(SEED)
  const rejections: unknown[] = []
  const recordRejection = (reason: unknown): void => {
    rejections.push(reason)
  }
  process.on('unhandledRejection', recordRejection)
  await using registry = await start()
  let isChaos = false
  await using stack = new AsyncDisposableStack()
  const join = async (chance: number): Promise<ChaosAgent> => {
    const own = random.fork()
    const faults = endlessShuffle(own)
    return stack.use(
      await ChaosAgent.join(registry.url, {
        chance,
        nextFault: () => (isChaos && own.chance(0.8) ? faults() : undefined),
        delayMs: () => own.integer(50, 700),
      }),
    )
  }
  const all = [await join(0.3), await join(0.6), await join(0.9), await join(1)]

  isChaos = true
  const outageAfter = random.integer(0, CHAOS_MS)
  await sleep(outageAfter)
  await Promise.all(all.map(({ proxy }) => proxy.stop()))
  await sleep(OUTAGE_MS)
  await Promise.all(all.map(({ proxy }) => proxy.restart()))
  await sleep(CHAOS_MS - outageAfter)
  isChaos = false
  // Releases hanging requests, so that all agents recover at the same time.
  await Promise.all(all.map(({ proxy }) => proxy.stop()))
  await Promise.all(all.map(({ proxy }) => proxy.restart()))

  await expect.poll(() => aliveAt(registry)).toEqual(all.map(({ agentId }) => agentId).sort())
  // They are still listed one TTL later: heartbeats continue.
  await sleep(TTL_SECONDS * 1000)
  expect(await aliveAt(registry)).toEqual(all.map(({ agentId }) => agentId).sort())
  for (const { trace, agentId } of all) {
    const { renewals } = trace
    expect(
      renewals.filter(({ overlaps }) => overlaps),
      agentId,
    ).toEqual([])
    const chance = Number(agentId.split(':')[1])
    expect(storms(renewals, chance), agentId).toEqual([])
    expect(renewals.length, agentId).toBeGreaterThan(6)
  }
  for (const { log, agentId } of all) {
    expect(log, agentId).toContain('error')
    expect(log, agentId).toContain('recovered')
    expect(log.lastIndexOf('recovered'), agentId).toBeGreaterThan(log.lastIndexOf('error'))
    const times = (name: string): number => log.filter((event) => event === name).length
    expect(times('reregistered'), agentId).toBe(times('lost'))
  }
  expect(rejections).toEqual([])
  process.off('unhandledRejection', recordRejection)
})

/** Yields all faults in random order, repeatedly. */
function endlessShuffle(random: SeededRandom): () => Fault {
  let left: Fault[] = []
  return () => {
    if (left.length === 0) left = [...FAULTS]
    return left.splice(random.integer(0, left.length - 1), 1)[0] ?? 'reset'
  }
}

/** Returns the ids of listed agents; a known status must be the reported one. */
async function aliveAt({ url }: { url: string }): Promise<string[]> {
  const agents = (await (await fetch(`${url}/agents`)).json()) as Partial<Agent>[]
  const hasStatus = ({ status = 'busy' }: Partial<Agent>) => status === 'busy'
  return agents
    .filter(hasStatus)
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

/** Returns requests after a delay that is shorter than the client guarantees. */
function storms(requests: readonly RenewalRequest[], chance: number): string[] {
  const found: string[] = []
  let failures = 0
  for (const [before, request] of pairs(requests)) {
    // The only exception: an unknown agent registers immediately.
    const isUnknownAgent = before.status === 404 && before.what === 'heartbeat'
    if (isUnknownAgent && request.what === 'register') continue
    failures = before.status === 200 ? 0 : failures + 1
    const backoff = chance * Math.min(THIRD_MS, FIRST_BACKOFF_MS * 2 ** (failures - 1))
    // Retry-After takes precedence over the backoff.
    const requested = before.status === 503 ? RETRY_AFTER_SECONDS * 1000 : 0
    const minimum = failures > 0 ? requested || Math.round(backoff) : chance * FIRST_BACKOFF_MS
    if (request.delayMs === undefined || request.delayMs < minimum) {
      found.push(`${describeRequest(request)} after ${describeRequest(before)}: not ${minimum} ms`)
    }
  }
  return found
}

function pairs(requests: readonly RenewalRequest[]): [RenewalRequest, RenewalRequest][] {
  return requests.slice(1).flatMap((request, i) => {
    const before = requests[i]
    return before ? [[before, request]] : []
  })
}

function describeRequest({ what, delayMs, status }: RenewalRequest): string {
  return `${what} (${delayMs} ms after the previous one, status ${status})`
}
