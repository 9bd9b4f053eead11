/**
 * The contract of a store, as a test suite.
 *
 * @module @rollcall/server/testing
 */

export type { ConformanceContext, ConformanceSubject } from './conformance-subject.ts'
export { ManualClock } from './manual-clock.ts'
export { repositoryConformance } from './repository-conformance.ts'
