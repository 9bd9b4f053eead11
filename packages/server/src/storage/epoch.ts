import { randomBytes } from 'node:crypto'

/** Generates a random epoch, the identifier of a new history. */
export function newEpoch(): string {
  return randomBytes(6).toString('base64url')
}
