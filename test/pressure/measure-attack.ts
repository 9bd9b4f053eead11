import { setTimeout as sleep } from 'node:timers/promises'
import { registration } from '../e2e/http-client.ts'
import type { Attack, Finding, Store } from './attack.ts'
import { Attacker } from './attacker/attacker.ts'
import { nowMs } from './clock.ts'
import { heartbeatFigures, NORMAL_WINDOW_MS, normalSince } from './figures.ts'
import { statusOf } from './http-status.ts'
import { MemoryWatch } from './memory-watch.ts'
import type { Figures, Outcome } from './outcome.ts'
import { Prober } from './prober/prober.ts'
import { RegistryCut } from './registry-cut.ts'
import { RegistryUnderPressure } from './registry-under-pressure.ts'
import { sizeOf } from './sizes.ts'

/** How an attack is measured. */
export interface MeasureOptions {
  readonly store: Store
  readonly sizeName: string
  /** The bin file of the registry; default: that of this checkout. */
  readonly command?: string | undefined
  /** Whether PostgreSQL may keep its data in memory. */
  readonly isInMemory?: boolean
  /** Hears what happens, in words. */
  readonly progress?: (text: string) => void
}

/** Seconds that everything gets which an attack needs to be there. */
const PREPARE_LIMIT_MS = 180_000
/** Seconds that a look at the consequences may take. */
const INSPECT_LIMIT_MS = 120_000
const SERVING_WITHIN_MS = 20_000
const WARM_UP_MS = 1000
const POLL_MS = 50
const LINES_OF_OUTPUT = 3

/** Carries out one attack on a fresh registry and measures what it does to a fleet that beats. */
export async function measureAttack(attack: Attack, options: MeasureOptions): Promise<Outcome> {
  const { store, sizeName } = options
  const what = { attack: attack.name, title: attack.title, store, sizeName }
  const outcome = (rest: Pick<Outcome, 'figures' | 'failure'>) => ({
    ...what,
    date: new Date().toISOString(),
    isOutage: attack.isOutage ?? false,
    ...rest,
  })
  try {
    await using registry = await RegistryUnderPressure.start({
      store,
      traits: attack.registry ?? {},
      command: options.command,
      isInMemory: options.isInMemory ?? false,
    })
    return outcome({ figures: await measure(attack, registry, options) })
  } catch (error) {
    return outcome({ failure: error instanceof Error ? error.message : String(error) })
  }
}

async function measure(
  attack: Attack,
  registry: RegistryUnderPressure,
  options: MeasureOptions,
): Promise<Figures> {
  const { store, sizeName, progress = () => undefined } = options
  const size = sizeOf(sizeName)
  const { file, databaseUrl, first } = registry
  const urls = registry.nodes.map(({ url }) => url)
  const where = { sizeName, store, urls, file, databaseUrl }
  await using attacker = new Attacker(attack, registry, { attack: attack.name, ...where })
  progress('preparing')
  const prepared = await attacker.carryOut('prepare', PREPARE_LIMIT_MS)
  if (prepared.failure !== undefined) throw new Error(`cannot prepare: ${prepared.failure}`)

  await using prober = await Prober.start(first.http, {
    urls,
    agents: size.beatingAgents,
    hasNewConnections: attack.hasNewConnections ?? false,
  })
  using memory = new MemoryWatch(registry)
  await sleep(WARM_UP_MS)
  progress('undisturbed')
  const measuredFrom = nowMs()
  await sleep(size.undisturbedSeconds * 1000)
  const before = { from: measuredFrom, to: nowMs() }
  const undisturbed = {
    singleP99Ms: heartbeatFigures(prober.samples, 'single', before).p99Ms,
    batchP99Ms: heartbeatFigures(prober.samples, 'batch', before).p99Ms,
  }
  const undisturbedBytes = registry.residentBytes()
  for (const node of registry.nodes) node.forgetPeak()
  memory.forgetPeak()

  progress('attack')
  const attackedFrom = nowMs()
  // The registry is killed for good when it leaves a heartbeat unanswered for too long.
  const cut = new RegistryCut(registry, prober, size.cutSeconds * 1000)
  const seconds = attack.seconds?.(size) ?? size.attackSeconds
  const attacked = await attacker.carryOut('attack', seconds * 1000)
  const attackedTo = nowMs()
  progress('recovery')
  const limit = attackedTo + size.recoverySeconds * 1000
  let normalAt: number | undefined
  while (
    normalAt === undefined &&
    !cut.isDone &&
    endings(registry).length === 0 &&
    nowMs() < limit
  ) {
    await sleep(POLL_MS)
    const known = Math.min(prober.reportedAt, nowMs() - prober.longestWaitMs)
    const { samples } = prober
    const seen = { samples, memory: memory.samples, from: attackedTo, known, undisturbed }
    normalAt = normalSince(seen)
  }
  cut.giveUp()
  const to = normalAt === undefined ? nowMs() : normalAt + NORMAL_WINDOW_MS
  const samples = [...prober.samples, ...cut.unanswered, ...prober.unanswered()]
  const during = { from: attackedFrom, to }
  const peakBytes = Math.max(memory.peakBytes, undisturbedBytes)

  progress('looking at what is left')
  const ended = cut.isDone || attack.isForGood ? [] : endings(registry)
  // What was killed is started again: its history says who expired.
  if (cut.isDone) await restart(registry)
  const isServing = attack.isForGood || (await answersAgain(first.url))
  const falseExpiries = await prober.countFalseExpiries(first.http).catch(() => undefined)
  const inspected = cut.isDone
    ? { findings: [] }
    : await attacker.carryOut('inspect', INSPECT_LIMIT_MS)
  return {
    undisturbed,
    single: heartbeatFigures(samples, 'single', during),
    batch: heartbeatFigures(samples, 'batch', during),
    falseExpiries,
    undisturbedBytes,
    peakBytes,
    attackSeconds: (attackedTo - attackedFrom) / 1000,
    secondsToNormal: ((normalAt ?? nowMs()) - attackedTo) / 1000,
    isStillDisturbed: normalAt === undefined,
    isServing,
    isCut: cut.isDone,
    findings: [
      ...ended,
      ...attacked.findings,
      ...inspected.findings,
      ...failures(attacked, inspected),
    ],
  }
}

/** Whether a registry is ready and takes a registration, within a time that suits any machine. */
async function answersAgain(url: string): Promise<boolean> {
  const limit = performance.now() + SERVING_WITHIN_MS
  const body = registration('afterwards', { ttl_seconds: 3600 })
  while (performance.now() < limit) {
    const ready = await statusOf(`${url}/health/ready`)
    const taken = await statusOf(`${url}/agents/register`, { method: 'POST', body })
    if (ready.status === 200 && taken.status === 200) return true
    await sleep(POLL_MS)
  }
  return false
}

async function restart(registry: RegistryUnderPressure): Promise<void> {
  for (const node of registry.nodes) node.spawn()
  for (const node of registry.nodes) await node.untilReady().catch(() => undefined)
}

/** Processes that ended although no one ended them, with the end of what they wrote. */
function endings({ nodes }: RegistryUnderPressure): Finding[] {
  return nodes
    .filter(({ isRunning }) => !isRunning)
    .map(({ output }) => ({
      what: 'the process ended',
      value: output.trim().split('\n').slice(-LINES_OF_OUTPUT).join(' ').slice(0, 300),
      isGood: false,
    }))
}

function failures(...results: readonly { failure?: string }[]): Finding[] {
  return results.flatMap(({ failure }) =>
    failure === undefined
      ? []
      : [{ what: 'the attack itself failed', value: failure, isGood: false }],
  )
}
