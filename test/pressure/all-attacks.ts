import type { Attack } from './attack.ts'
import { ABANDONED_QUERIES } from './attacks/abandoned-queries.ts'
import { allAtOnce } from './attacks/all-at-once.ts'
import { readOnlyRole, revokedPrivileges } from './attacks/denied-writes.ts'
import { descriptors } from './attacks/descriptors.ts'
import { feedBacklog, unreadStreams } from './attacks/feed-backlog.ts'
import { feedFilters } from './attacks/feed-filters.ts'
import { deletedFile, emptiedLog } from './attacks/file-taken-away.ts'
import { flapping } from './attacks/flapping.ts'
import { forgottenReader } from './attacks/forgotten-reader.ts'
import { fullLog } from './attacks/full-log.ts'
import { oldHistory } from './attacks/old-history.ts'
import { oneLetterSearches } from './attacks/one-letter-searches.ts'
import { overload } from './attacks/overload.ts'
import { richBurst } from './attacks/rich-burst.ts'
import { richRegistrations } from './attacks/rich-registrations.ts'
import { richRestart } from './attacks/rich-restart.ts'
import { richTargets } from './attacks/rich-targets.ts'
import { sortedReads } from './attacks/sorted-reads.ts'
import { manyStreams, pipelinedStreams } from './attacks/streams.ts'
import { unfinishedBodies } from './attacks/unfinished-bodies.ts'
import { unreadAnswers } from './attacks/unread-answers.ts'
import { deadStandby, lockedTable } from './attacks/waiting-database.ts'

/** Attacks by target, in the order in which they run. */
export const ATTACK_GROUPS = {
  work: [feedFilters, richRegistrations, richTargets, richRestart, richBurst],
  queries: [...ABANDONED_QUERIES, oldHistory, sortedReads],
  memory: [
    feedBacklog,
    unreadStreams,
    unreadAnswers,
    unfinishedBodies,
    pipelinedStreams,
    manyStreams,
    forgottenReader,
    flapping,
  ],
  failures: [
    descriptors,
    fullLog,
    lockedTable,
    deadStandby,
    revokedPrivileges,
    readOnlyRole,
    deletedFile,
    emptiedLog,
  ],
  overload: [overload, oneLetterSearches],
  all: [allAtOnce],
} as const satisfies Record<string, readonly Attack[]>

/** Every attack, in the order in which they run. */
export const ATTACKS: readonly Attack[] = Object.values(ATTACK_GROUPS).flat()

/** Returns the attack with a name. */
export function findAttack(name: string): Attack {
  const attack = ATTACKS.find((each) => each.name === name)
  if (attack === undefined) throw new Error(`unknown attack ${name}`)
  return attack
}
