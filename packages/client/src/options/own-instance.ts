import { INSTANCE_ID_RULE, isInstanceId } from './option-rules.ts'
import { fromEnvironment } from './platform.ts'

const VARIABLE = 'AGENT_INSTANCE_ID'

let ownId: string | undefined

/**
 * Returns the id of this process, the same for all its agents: the environment variable
 * `AGENT_INSTANCE_ID`, which `rollcall run` sets, else a random UUID.
 *
 * @throws TypeError if the variable is not an instance id
 */
export function ownInstanceId(): string {
  ownId ??= fromEnvironment(VARIABLE) ?? randomId()
  if (isInstanceId(ownId)) return ownId
  throw new TypeError(`${VARIABLE} is "${ownId}"; it must be ${INSTANCE_ID_RULE}`)
}

/** Browsers have `randomUUID` only on pages that were loaded securely. */
function randomId(): string {
  const { crypto } = globalThis
  return crypto.randomUUID?.() ?? crypto.getRandomValues(new Uint32Array(4)).join('-')
}
