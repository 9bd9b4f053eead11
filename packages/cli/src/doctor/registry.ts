import { DiscoveryClient } from '@rollcall/client'
import { toFailure } from '../output/failure.ts'
import { VERSION } from '../version.ts'
import { checkClock } from './clock.ts'
import { type Finding, good, odd, wrong } from './finding.ts'

/** Milliseconds above which agents and their callers will feel it. */
const SLOW_MS = 250
/** Questions to measure with; the first one also opens the connection. */
const QUESTIONS = 5

/** Is the registry there, and in order? When it is not there, that is all there is to find out. */
export async function checkRegistry(registryUrl: string, timeoutMs: number): Promise<Finding[]> {
  const times: { asked: number; answered: number; date: string | null }[] = []
  const registry = new DiscoveryClient({
    registryUrl,
    timeoutMs,
    logger: null,
    // The only way to see the headers and the time of an answer of the client.
    fetch: async (input, init) => {
      const asked = Date.now()
      const response = await fetch(input, init)
      times.push({ asked, answered: Date.now(), date: response.headers.get('date') })
      return response
    },
  })
  try {
    const health = await registry.health()
    for (let asked = 1; asked < QUESTIONS; asked++) await registry.health()
    const { asked = 0, answered = 0, date = null } = times.at(-1) ?? {}
    return [
      checkLatency(times.slice(1).map((time) => time.answered - time.asked)),
      checkHealth(health),
      checkVersion(health.version),
      checkClock(date, asked, answered),
      await checkStream(registry, timeoutMs),
    ]
  } catch (error) {
    const [what = '', question] = toFailure(error, registryUrl).message.split(/: (?=is )/)
    return [wrong('reachable', what, question ?? 'see the log of the registry')]
  }
}

function checkLatency(times: number[]): Finding {
  const median = times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0
  const message = `answers in ${median < 1 ? 'less than 1' : Math.round(median)} ms`
  if (median <= SLOW_MS) return good('reachable', message)
  return odd('reachable', message, 'look at the network between here and there, and at its load')
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
    ? good('health', message)
    : wrong('health', message, 'see the log of the registry and its /health/ready')
}

function checkVersion(theirs: string): Finding {
  if (theirs === VERSION) return good('version', `${theirs}, as this command`)
  return odd('version', `${theirs}; this command is ${VERSION}`, 'use the same version of both')
}

/** The change feed must come through whatever stands between here and there. */
async function checkStream(registry: DiscoveryClient, timeoutMs: number): Promise<Finding> {
  const topic = 'change feed'
  const signal = AbortSignal.timeout(timeoutMs)
  const began = performance.now()
  try {
    for await (const event of registry.watch({}, { signal })) {
      if (event.type === 'disconnected') throw event.error
      if (event.type !== 'synced') continue
      return good(topic, `came through in ${Math.round(performance.now() - began)} ms`)
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return wrong(topic, why, 'a proxy on the way must let text/event-stream through')
  }
  return wrong(
    topic,
    `nothing came within ${timeoutMs / 1000} s`,
    'a proxy on the way must not buffer text/event-stream',
  )
}
