import { getPriority, setPriority } from 'node:os'

/** Added to the nice value, as `nice` does by default: a tenth of the processor time when others need it. */
const STEP = 10
/** The lowest priority. */
const MAX_NICE = 19

/**
 * Lets others on the same machine go first, whatever the priority was before: of the calling thread on Linux, of the
 * whole process elsewhere. Does nothing where the system does not allow it.
 */
export function lowerPriority(): void {
  try {
    // An absolute value would raise the priority of what was started with a lower one.
    setPriority(Math.min(MAX_NICE, getPriority() + STEP))
  } catch {
    // It is not allowed here: the work competes with the registry.
  }
}
