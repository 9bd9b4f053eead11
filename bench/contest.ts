import type { Subject } from './processes.ts'

/** A server that is measured against others under the same load. */
export interface Contestant {
  readonly name: string
  readonly start: () => Promise<Subject>
  /** Prepares, warms up and measures. */
  readonly measure: (subject: Subject) => Promise<number>
}

/**
 * Measures contestants in rounds, each in a fresh process. The order is reversed in every other
 * round, so that neither a warm disk nor a busy neighbour favours one contestant.
 */
export async function contest(
  contestants: readonly Contestant[],
  rounds: number,
): Promise<Record<string, number[]>> {
  const samples: Record<string, number[]> = {}
  for (const { name } of contestants) samples[name] = []
  for (let round = 0; round < rounds; round++) {
    for (const { name, start, measure } of round % 2 === 0
      ? contestants
      : contestants.toReversed()) {
      await using subject = await start()
      samples[name]?.push(await measure(subject))
    }
  }
  return samples
}
