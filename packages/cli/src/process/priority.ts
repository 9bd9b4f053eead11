import { setPriority } from 'node:os'

/** Nice value of a command that must not slow down the registry on the same machine. */
const LOW = 10

/** Lets other processes go first. */
export function lowerPriority(): void {
  try {
    setPriority(LOW)
  } catch {
    // It is not allowed here.
  }
}
