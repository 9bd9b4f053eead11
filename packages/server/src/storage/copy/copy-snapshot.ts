import type { RegistrySnapshot, RegistryTarget } from './registry-snapshot.ts'

/** Progress of a copy. */
export interface CopyProgress {
  /** What is being copied. */
  readonly what: 'agents' | 'transitions'
  /** How many have been copied. */
  readonly done: number
  /** How many there are in total. */
  readonly total: number
}

/** The result of a copy. */
export interface CopyResult {
  /** Agents copied, dead or alive. */
  readonly agents: number
  /** Agents among them with a running lease. */
  readonly alive: number
  /** Transitions of the history copied. */
  readonly transitions: number
}

/** Agents or transitions per statement. */
const PAGE = 1000

/** Copies all of a snapshot, and closes the target. */
export async function copySnapshot(
  source: RegistrySnapshot,
  target: RegistryTarget,
  progress?: (progress: CopyProgress) => void,
): Promise<CopyResult> {
  const { position } = source
  const copied = { agents: 0, alive: 0, transitions: 0 }
  try {
    for await (const page of inPages(source.agents())) {
      await target.addAgents(page, position.atMs)
      copied.agents += page.length
      copied.alive += page.filter(({ agent }) => agent.alive).length
      progress?.({ what: 'agents', done: copied.agents, total: position.agents })
    }
    for await (const page of inPages(source.transitions())) {
      await target.addTransitions(page)
      copied.transitions += page.length
      progress?.({ what: 'transitions', done: copied.transitions, total: position.transitions })
    }
    await target.finish(position)
    return copied
  } finally {
    await target.close()
  }
}

/** Joins small pages. */
async function* inPages<Item>(pages: AsyncIterable<readonly Item[]>): AsyncGenerator<Item[]> {
  let joined: Item[] = []
  for await (const page of pages) {
    joined.push(...page)
    if (joined.length < PAGE) continue
    yield joined
    joined = []
  }
  if (joined.length > 0) yield joined
}
