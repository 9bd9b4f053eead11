import type { SweepResult } from '../../../domain/agent-registry-repository.ts'
import { Refusal } from '../../../domain/change-condition.ts'
import type { CommitListener, TransitionWriter } from '../transitions/transition-writer.ts'
import type { Swept } from './sweeper.ts'

/**
 * Delivers the expiries of a sweep, and writes the late agents that it found: while the brake on mass expiry is on,
 * they become suspect.
 */
export async function settleSweep(
  { lapses, branch, lateIds, more, brake }: Swept,
  parts: { listener: CommitListener; transitions: Pick<TransitionWriter, 'write'> },
): Promise<SweepResult> {
  if (lapses.length > 0) await parts.listener.committed(lapses, branch)
  if (lateIds.length === 0) return { expired: lapses.length, more, brake }
  const intents = lateIds.map((agentId) => ({ event: 'lapse', agentId }) as const)
  const { leases } = await parts.transitions.write(intents)
  // The brake may have ended meanwhile.
  const expired = leases.filter((lease) => !(lease instanceof Refusal) && lease?.expired).length
  return { expired: lapses.length + expired, more, brake }
}
