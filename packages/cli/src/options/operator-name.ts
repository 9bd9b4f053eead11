import { hostname, userInfo } from 'node:os'

/** Returns who runs the command: `alice@laptop`. */
export function operatorName(): string {
  try {
    return `${userInfo().username}@${hostname()}`
  } catch {
    // A user id without a name, as in some containers.
    return hostname()
  }
}
