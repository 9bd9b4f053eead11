/**
 * The contract of a store, as tests.
 *
 * @module @rollcall/server/testing
 */

export type { ConformanceContext, ConformanceSubject } from './conformance-subject.ts'
export { ManualClock } from './manual-clock.ts'
export { repositoryConformance } from './repository-conformance.ts'
