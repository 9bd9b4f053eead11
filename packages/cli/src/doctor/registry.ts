import { DiscoveryClient } from '@rollcall/client'
import { httpFetch } from '@rollcall/client/node'
import type { Health } from '@rollcall/protocol'
import { toFailure } from '../output/failure.ts'
import { overloadText } from '../output/overload-text.ts'
import { VERSION } from '../version.ts'
import { checkClock } from './clock.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

/** Latency in milliseconds above which agents and callers are affected. */
const SLOW_MS = 250
/** Number of requests to measure latency; the first one also opens the connection. */
const REQUESTS = 5

/** Checks the registry. If it is unreachable, that is the only finding. */
export async function checkRegistry(registryUrl: string, timeoutMs: number): Promise<Finding[]> {
  const times: { sentMs: number; receivedMs: number; date: string | null }[] = []
  const send = httpFetch()
  const registry = new DiscoveryClient({
    registryUrl,
    timeoutMs,
    logger: null,
    // Records the headers and the time of each response.
    fetch: async (input, init) => {
      const sentMs = Date.now()
      const response = await send(input, init)
      times.push({ sentMs, receivedMs: Date.now(), date: response.headers.get('date') })
      return response
    },
  })
  try {
    const health = await registry.health()
    for (let sent = 1; sent < REQUESTS; sent++) await registry.health()
    const { sentMs = 0, receivedMs = 0, date = null } = times.at(-1) ?? {}
    return [
      checkLatency(times.slice(1).map((time) => time.receivedMs - time.sentMs)),
      checkHealth(health),
      ...checkBrake(health),
      ...checkOverload(health),
      checkVersion(health.version),
      checkInstances(health.flapping_agents),
      checkClock(date, sentMs, receivedMs),
      await checkStream(registry, timeoutMs),
    ]
  } catch (error) {
    const [what = '', question] = toFailure(error, registryUrl).message.split(/: (?=is )/)
    return [fail('reachable', what, question ?? 'check the log of the registry')]
  }
}

function checkLatency(times: number[]): Finding {
  const median = times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0
  const message = `responds in ${median < 1 ? 'less than 1' : Math.round(median)} ms`
  if (median <= SLOW_MS) return ok('reachable', message)
  return warn('reachable', message, 'check the network in between and the load of the registry')
}

function checkHealth(health: {
  status: string
  active_agents: number
  registered_agents: number
}): Finding {
  const { status, active_agents: alive, registered_agents: registered } = health
  const agents = alive === 1 ? 'agent' : 'agents'
  const message = `${status}, ${alive} ${agents} alive, ${registered - alive} expired`
  return status === 'healthy'
    ? ok('health', message)
    : fail('health', message, 'check the log of the registry and /health/ready')
}

/** A registry of an older version reports no brake. */
function checkBrake({ expiry_brake: brake }: Pick<Health, 'expiry_brake'>): Finding[] {
  if (!brake) return []
  const advice = 'check the network between agents and registry; the log names the moment'
  return [warn('expiry', brake.reason, advice)]
}

/** A registry of an older version reports no overload. */
function checkOverload({ overload }: Pick<Health, 'overload'>): Finding[] {
  if (!overload) return []
  const advice = 'find the callers in /metrics and the log, and limit them: --rate-limit'
  return [warn('overload', overloadText(overload), advice)]
}

function checkVersion(theirs: string): Finding {
  if (theirs === VERSION) return ok('version', `${theirs}, same as this command`)
  return warn('version', `${theirs}; this command is ${VERSION}`, 'use the same version for both')
}

/** @param flapping undefined: the registry is older than instances */
function checkInstances(flapping: number | undefined): Finding {
  const topic = 'instances'
  if (!flapping) return ok(topic, 'no agent is flapping between instances')
  const agents = flapping === 1 ? '1 agent is' : `${flapping} agents are`
  return warn(
    topic,
    `${agents} flapping: several processes register one id again and again`,
    'the log of the registry names them; stop one of the processes, or give it another id',
  )
}

/** Checks that intermediaries let the change feed through. */
async function checkStream(registry: DiscoveryClient, timeoutMs: number): Promise<Finding> {
  const topic = 'change feed'
  const signal = AbortSignal.timeout(timeoutMs)
  const startedAt = performance.now()
  try {
    for await (const event of registry.watch({}, { signal })) {
      if (event.type === 'disconnected') throw event.error
      if (event.type !== 'synced') continue
      return ok(topic, `first event after ${Math.round(performance.now() - startedAt)} ms`)
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return fail(topic, why, 'configure proxies in between to allow text/event-stream')
  }
  return fail(
    topic,
    `no event within ${timeoutMs / 1000} s`,
    'configure proxies in between not to buffer text/event-stream',
  )
}
