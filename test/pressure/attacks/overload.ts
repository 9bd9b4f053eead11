import { setTimeout as sleep } from 'node:timers/promises'
import type { Attack, AttackContext, Finding } from '../attack.ts'
import { registerCrowd } from '../crowd.ts'
import { statusOf } from '../http-status.ts'
import { countedBetween, readCounters } from '../overload/registry-counters.ts'
import type { SenderOptions } from '../overload/sender-messages.ts'
import { sendMixed } from '../overload/senders.ts'

/** How many times what the registry can serve is offered. */
const FACTOR = 10
const CAPACITY_MS = 3000
/** Keeps a registry busy, without making requests wait for long. */
const CAPACITY_CONNECTIONS = 480
const CAPACITY_STREAMS = 2
/** For senders to start, and counters to be read. */
const GRACE_SECONDS = 20

/** Generous on any machine. */
const NORMAL_WITHIN_MS = 60_000
const POLL_MS = 100
/** With less, on average, the registry was starved by other processes for some of the time, and refuses nothing then. */
const STARVED_PROCESSORS = 0.7
/** The finding that says whether there was an overload at all. */
const OVERLOAD_FINDING = 'overload'

/** Requests a second that the registry served while each waited for the ones before it. */
let capacity = 0

/**
 * Mixed work at ten times the rate that the registry can serve, open loop: what is due is sent, whether or not the
 * requests before it have a response. Nobody obeys `Retry-After`.
 */
export const overload: Attack = {
  name: 'overload',
  title:
    'ten times more heartbeats, registrations, reads, lists, searches and streams than the registry can serve',
  stores: ['sqlite', 'postgres'],
  p99GoalMs: 250,
  seconds: (size) => size.overloadSeconds + GRACE_SECONDS,
  async prepare(context) {
    await registerCrowd(context, context.size.crowd)
    const { responses, refused, seconds } = await sendMixed({
      url: context.url,
      connections: CAPACITY_CONNECTIONS,
      streams: CAPACITY_STREAMS,
      milliseconds: CAPACITY_MS,
    })
    capacity = (responses - refused) / seconds
  },
  attack: offerTooMuch,
  inspect: untilNormal,
}

/** Waits until the registry itself says that the overload is over. */
async function untilNormal({ url }: AttackContext): Promise<Finding[]> {
  const limit = performance.now() + NORMAL_WITHIN_MS
  let isOver = false
  while (!isOver && performance.now() < limit) {
    const health = JSON.parse((await statusOf(`${url}/health`)).text || '{"overload":{}}')
    isOver = !health.overload
    if (!isOver) await sleep(POLL_MS)
  }
  return [{ what: 'refuses nothing afterwards', value: isOver ? 'yes' : 'no', isGood: isOver }]
}

async function offerTooMuch(context: AttackContext, signal: AbortSignal): Promise<Finding[]> {
  const { url, size } = context
  const before = await readCounters(url)
  const began = performance.now()
  const sent = await sendMixed(loadOf(context, size.overloadSeconds), signal)
  const after = await readCounters(url)
  const seconds = (performance.now() - began) / 1000
  const processors = (after.processorSeconds - before.processorSeconds) / seconds
  const perSecond = (count: number) => count / sent.seconds
  const unit = 'a second'
  return [
    { what: 'capacity', value: capacity, unit },
    { what: 'offered', value: perSecond(sent.due), unit },
    { what: 'of it sent, as far as connections were free', value: perSecond(sent.sent), unit },
    { what: 'responses', value: perSecond(sent.responses), unit },
    { what: 'streams', value: sent.streams },
    { what: 'connections closed', value: sent.closed },
    ...countedBetween(before, after),
    { what: 'longest delay of the event loop', value: after.delayMs, unit: 'ms' },
    { what: 'processors of the registry', value: processors },
    shown(sent.refused, processors),
  ]
}

/** Without a refusal, there was no overload, and nothing is known about one. */
function shown(refused: number, processors: number): Finding {
  if (refused > 0) return { what: OVERLOAD_FINDING, value: 'shown', isGood: true }
  const isStarved = processors < STARVED_PROCESSORS
  const why = isStarved ? 'other processes took the processors' : 'nothing was refused'
  return { what: OVERLOAD_FINDING, value: `NOT SHOWN: ${why}`, isGood: false, isTimed: isStarved }
}

function loadOf({ url, size }: AttackContext, seconds: number): SenderOptions {
  return {
    url,
    requestsPerSecond: FACTOR * capacity,
    connections: size.overloadConnections,
    streams: FACTOR * CAPACITY_STREAMS,
    milliseconds: seconds * 1000,
  }
}
