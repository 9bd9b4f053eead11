import type { Finding, Store } from './attack.ts'

/** The goals for every attack. */
export const GOALS = {
  p99Ms: 100,
  falseExpiries: 0,
  /** More than the registry used before the attack. */
  memoryBytes: 512 * 2 ** 20,
  secondsToNormal: 5,
} as const

/** Figures of the heartbeats of one kind. */
export interface HeartbeatFigures {
  readonly count: number
  /** Not in results that were saved before it was measured. */
  readonly p50Ms?: number
  readonly p99Ms: number
  readonly maxMs: number
  /** Responses other than 200. */
  readonly refused: number
  /** No response: the connection broke, or the registry was killed first. */
  readonly lost: number
}

/** The effect of one attack on one registry. */
export interface Outcome {
  readonly attack: string
  readonly title: string
  readonly store: Store
  readonly sizeName: string
  readonly date: string
  /** No heartbeat could succeed during the attack: p99 has no goal. */
  readonly isOutage: boolean
  /** The goal of the attack for p99, if it has one of its own. */
  readonly p99GoalMs?: number
  /** Why there are no figures. */
  readonly failure?: string
  readonly figures?: Figures
}

/** Figures of every attack. */
export interface Figures {
  readonly undisturbed: { readonly singleP99Ms: number; readonly batchP99Ms: number }
  /** From the start of the attack until recovery, or until the time limit for it. */
  readonly single: HeartbeatFigures
  readonly batch: HeartbeatFigures
  /** Agents that expired despite their heartbeats; undefined if that could not be determined. */
  readonly falseExpiries: number | undefined
  readonly undisturbedBytes: number
  readonly peakBytes: number
  /** Duration of the attack. */
  readonly attackSeconds: number
  /** Counted from the end of the attack. */
  readonly secondsToNormal: number
  /** Whether it had not recovered by then: the value is a lower bound. */
  readonly isStillDisturbed: boolean
  /** Whether it was ready afterwards and accepted a registration. */
  readonly isServing: boolean
  /** Whether the registry was killed because it no longer responded. */
  readonly isCut: boolean
  readonly findings: readonly Finding[]
}

/** Returns the goals that a registry missed. */
export function missesOf(outcome: Outcome): string[] {
  const { failure, figures, isOutage, p99GoalMs = GOALS.p99Ms } = outcome
  if (figures === undefined) return [failure ?? 'nothing was measured']
  const { single, batch, falseExpiries, undisturbedBytes, peakBytes, findings } = figures
  const isSlow = !isOutage && Math.max(single.p99Ms, batch.p99Ms) > p99GoalMs
  const isBack = !figures.isStillDisturbed && figures.secondsToNormal <= GOALS.secondsToNormal
  return [
    ...(figures.isCut ? ['no response'] : []),
    ...(figures.isServing || figures.isCut ? [] : ['not serving']),
    ...(isSlow ? ['p99'] : []),
    ...(falseExpiries === GOALS.falseExpiries ? [] : ['expiries']),
    ...(peakBytes - undisturbedBytes > GOALS.memoryBytes ? ['memory'] : []),
    ...(isBack ? [] : ['recovery']),
    ...findings.filter(({ isGood }) => isGood === false).map(({ what }) => what),
  ]
}
