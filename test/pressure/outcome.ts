import type { Finding, Store } from './attack.ts'

/** What every attack is measured against. */
export const GOALS = {
  p99Ms: 100,
  falseExpiries: 0,
  /** Above what the registry needed undisturbed. */
  memoryBytes: 512 * 2 ** 20,
  secondsToNormal: 5,
} as const

/** What came of the heartbeats of one kind. */
export interface HeartbeatFigures {
  readonly count: number
  readonly p99Ms: number
  readonly maxMs: number
  /** Answered with anything but 200. */
  readonly refused: number
  /** Without an answer: the connection broke, or there was none when the registry was killed. */
  readonly lost: number
}

/** What one attack did to one registry. */
export interface Outcome {
  readonly attack: string
  readonly title: string
  readonly store: Store
  readonly sizeName: string
  readonly date: string
  /** No heartbeat could be answered while the attack lasted: p99 is not judged. */
  readonly isOutage: boolean
  /** Why there are no figures; undefined: there are. */
  readonly failure?: string
  readonly figures?: Figures
}

/** What is measured of every attack. */
export interface Figures {
  readonly undisturbed: { readonly singleP99Ms: number; readonly batchP99Ms: number }
  /** From the begin of the attack until all was normal, or for as long as was waited for that. */
  readonly single: HeartbeatFigures
  readonly batch: HeartbeatFigures
  /** Agents that beat and were declared dead; undefined: it could not be found out. */
  readonly falseExpiries: number | undefined
  readonly undisturbedBytes: number
  readonly peakBytes: number
  /** Of the attack itself. */
  readonly attackSeconds: number
  /** From the end of the attack. */
  readonly secondsToNormal: number
  /** Whether it was not normal by then: it is more. */
  readonly isStillDisturbed: boolean
  /** Whether it was ready afterwards and took a registration. */
  readonly isServing: boolean
  /** Whether the registry was killed because it answered nothing any more. */
  readonly isCut: boolean
  readonly findings: readonly Finding[]
}

/** Returns in which respects a registry did not withstand an attack. */
export function missesOf({ failure, figures, isOutage }: Outcome): string[] {
  if (figures === undefined) return [failure ?? 'nothing was measured']
  const { single, batch, falseExpiries, undisturbedBytes, peakBytes, findings } = figures
  const isSlow = !isOutage && Math.max(single.p99Ms, batch.p99Ms) > GOALS.p99Ms
  const isBack = !figures.isStillDisturbed && figures.secondsToNormal <= GOALS.secondsToNormal
  return [
    ...(figures.isCut ? ['no answer'] : []),
    ...(figures.isServing || figures.isCut ? [] : ['not serving']),
    ...(isSlow ? ['p99'] : []),
    ...(falseExpiries === GOALS.falseExpiries ? [] : ['expiries']),
    ...(peakBytes - undisturbedBytes > GOALS.memoryBytes ? ['memory'] : []),
    ...(isBack ? [] : ['recovery']),
    ...findings.filter(({ isGood }) => isGood === false).map(({ what }) => what),
  ]
}
