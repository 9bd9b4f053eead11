import { setTimeout as sleep } from 'node:timers/promises'
import { checkAftermath, failures, unexpectedExits } from './aftermath.ts'
import type { Attack, Store } from './attack.ts'
import { Attacker } from './attacker/attacker.ts'
import { nowMs } from './clock.ts'
import { heartbeatFigures, NORMAL_WINDOW_MS, normalSince } from './figures.ts'
import { MemoryWatch } from './memory-watch.ts'
import type { Figures, Outcome } from './outcome.ts'
import { Prober } from './prober/prober.ts'
import { RegistryCut } from './registry-cut.ts'
import { RegistryUnderPressure } from './registry-under-pressure.ts'
import { sizeOf } from './sizes.ts'

/** How to measure an attack. */
export interface MeasureOptions {
  readonly store: Store
  readonly sizeName: string
  /** The bin file of the registry; default: that of this checkout. */
  readonly command?: string | undefined
  /** Whether PostgreSQL may keep its data in memory. */
  readonly isInMemory?: boolean
  /** Receives progress messages. */
  readonly progress?: (text: string) => void
}

/** Time limit of the preparation. */
const PREPARE_LIMIT_MS = 180_000
const WARM_UP_MS = 1000
const POLL_MS = 50

/** Runs one attack on a fresh registry and measures its effect on a fleet with heartbeats. */
export async function measureAttack(attack: Attack, options: MeasureOptions): Promise<Outcome> {
  const { store, sizeName } = options
  const what = { attack: attack.name, title: attack.title, store, sizeName }
  const outcome = (rest: Pick<Outcome, 'figures' | 'failure'>) => ({
    ...what,
    date: new Date().toISOString(),
    isOutage: attack.isOutage ?? false,
    ...(attack.p99GoalMs !== undefined && { p99GoalMs: attack.p99GoalMs }),
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
  progress('measuring the baseline')
  const measuredFrom = nowMs()
  await sleep(size.undisturbedSeconds * 1000)
  const before = { from: measuredFrom, to: nowMs() }
  const undisturbed = {
    singleP99Ms: heartbeatFigures(prober.samples, 'single', before).p99Ms,
    batchP99Ms: heartbeatFigures(prober.samples, 'batch', before).p99Ms,
  }
  const undisturbedBytes = registry.residentBytes()
  for (const node of registry.nodes) node.resetPeak()
  memory.resetPeak()

  progress('attack')
  const attackedFrom = nowMs()
  // The registry is killed for good if a heartbeat waits too long for its response.
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
    unexpectedExits(registry).length === 0 &&
    nowMs() < limit
  ) {
    await sleep(POLL_MS)
    const known = Math.min(prober.reportedAt, nowMs() - prober.longestWaitMs)
    const { samples } = prober
    const seen = { samples, memory: memory.samples, from: attackedTo, known, undisturbed }
    normalAt = normalSince(seen)
  }
  cut.stop()
  const watchedTo = nowMs()
  const to = normalAt === undefined ? watchedTo : normalAt + NORMAL_WINDOW_MS
  const samples = [...prober.samples, ...cut.pending, ...prober.pending()]
  const during = { from: attackedFrom, to }
  const peakBytes = Math.max(memory.peakBytes, undisturbedBytes)

  progress('checking the aftermath')
  const aftermath = await checkAftermath({
    attack,
    attacker,
    registry,
    prober,
    isCut: cut.isDone,
  })
  return {
    undisturbed,
    single: heartbeatFigures(samples, 'single', during),
    batch: heartbeatFigures(samples, 'batch', during),
    undisturbedBytes,
    peakBytes,
    attackSeconds: (attackedTo - attackedFrom) / 1000,
    secondsToNormal: ((normalAt ?? watchedTo) - attackedTo) / 1000,
    isStillDisturbed: normalAt === undefined,
    isCut: cut.isDone,
    ...aftermath,
    findings: [...attacked.findings, ...failures(attacked.failure), ...aftermath.findings],
  }
}
