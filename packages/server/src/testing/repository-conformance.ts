import { describe } from 'vitest'
import { describeAbortedReads } from './aborted-reads.ts'
import { describeAgentHistory } from './agent-history.ts'
import { describeCapabilityCounts } from './capability-counts.ts'
import { describeCards } from './cards.ts'
import { describeClosing } from './closing.ts'
import { describeConcurrency } from './concurrency.ts'
import type { ConformanceSubject } from './conformance-subject.ts'
import { describeEveryField } from './every-field.ts'
import { describeExpiryAndCleanup } from './expiry-and-cleanup.ts'
import { describeExpiryBrake } from './expiry-brake.ts'
import { describeEndOfExpiryBrake } from './expiry-brake-end.ts'
import { describeFlapping } from './flapping.ts'
import { describeHeartbeatBatches } from './heartbeat-batches.ts'
import { describeHistory } from './history.ts'
import { describeHistoryAge } from './history-age.ts'
import { describeInstances } from './instances.ts'
import { describeLeaseDeadline } from './lease-deadline.ts'
import { describeLeaseLifecycle } from './lease-lifecycle.ts'
import { describeListing } from './listing.ts'
import { describeLoadReports } from './load-reports.ts'
import { describeMaintenance } from './maintenance.ts'
import { describeMaintenanceOfPrefixes } from './maintenance-prefixes.ts'
import { describeMetadataForms } from './metadata-forms.ts'
import { describeModel } from './model/model-conformance.ts'
import { describeOwnerCounts } from './owner-counts.ts'
import { describeOwnership } from './ownership.ts'
import { describePaging } from './paging.ts'
import { describePreviousState } from './previous-state.ts'
import { describeQueries } from './queries.ts'
import { describeQueriesOfIds } from './query-ids.ts'
import { describeQueriesOfMetadata } from './query-metadata.ts'
import { describeQueriesOverRestarts } from './query-restarts.ts'
import { describeQuerySorting } from './query-sorting.ts'
import { describeQueriesOfText } from './query-text.ts'
import { describeReRegistration } from './re-registration.ts'
import { describeRegisteredValues } from './registered-values.ts'
import { describeLeasesOverRestarts } from './restart-leases.ts'
import { describeStateAfterRestart } from './restart-state.ts'
import { describeRevisions } from './revisions.ts'
import { describeStalls } from './stalls.ts'
import { describeStatusCounts } from './status-counts.ts'
import { describeWallClockSteps } from './wall-clock-steps.ts'

/**
 * The contract of `AgentRegistryRepository` as a Vitest suite. A back-end that passes fulfils it:
 *
 * ```ts
 * import { repositoryConformance } from '@rollcall/server/testing'
 * import { MyRepository } from '../src/my-repository.ts'
 *
 * repositoryConformance({ name: 'mine', open: (context) => new MyRepository(context) })
 * ```
 *
 * Requires `vitest` and `fast-check` to be installed.
 */
export function repositoryConformance(subject: ConformanceSubject): void {
  describe(`${subject.name}: the contract of a repository`, () => {
    describeLeaseLifecycle(subject)
    describeLeaseDeadline(subject)
    describeReRegistration(subject)
    describeRegisteredValues(subject)
    describeEveryField(subject)
    describeCards(subject)
    describeInstances(subject)
    describeOwnership(subject)
    describeMaintenance(subject)
    describeMaintenanceOfPrefixes(subject)
    describeRevisions(subject)
    describeHeartbeatBatches(subject)
    describeFlapping(subject)
    describeLoadReports(subject)
    describeListing(subject)
    describeQueries(subject)
    describeQueriesOfIds(subject)
    describeQueriesOfMetadata(subject)
    describeQueriesOfText(subject)
    describeQuerySorting(subject)
    describePaging(subject)
    describeAbortedReads(subject)
    describeExpiryAndCleanup(subject)
    describeExpiryBrake(subject)
    describeEndOfExpiryBrake(subject)
    describeStatusCounts(subject)
    describeOwnerCounts(subject)
    describeCapabilityCounts(subject)
    describeHistory(subject)
    describeHistoryAge(subject)
    describeAgentHistory(subject)
    describePreviousState(subject)
    describeMetadataForms(subject)
    describeWallClockSteps(subject)
    describeStalls(subject)
    describeConcurrency(subject)
    describeClosing(subject)
    if (subject.durable) {
      describeStateAfterRestart(subject)
      describeLeasesOverRestarts(subject)
      describeQueriesOverRestarts(subject)
    }
    describeModel(subject)
  })
}
