import { randomBytes } from 'node:crypto'

/** A random name for a new history. */
export function newEpoch(): string {
  return randomBytes(6).toString('base64url')
}
