import { type Caller, isOwnedByOther } from './caller.ts'
import type { Lease } from './lease.ts'
import { RegistryError } from './registry-error.ts'

/** What must be true of an agent for a change to be made. */
export interface ChangeCondition {
  /** Who asks for the change: the owner of the agent, or an admin. Default: the application itself, which may. */
  readonly caller?: Caller | undefined
  /** The instance that asks for the change: it must be the current one. Default: not examined. */
  readonly instanceId?: string | undefined
  /** The revision of the agent's last visible change. Default: not examined. */
  readonly ifRevision?: number | undefined
}

/** The outcome of a change whose condition was not met: nothing was changed. */
export class Refusal {
  /** Why: `AGENT_OWNED`, `SUPERSEDED` or `PRECONDITION_FAILED`. */
  readonly error: RegistryError

  /** @internal */
  constructor(error: RegistryError) {
    this.error = error
  }
}

/** Whether a change comes from an instance that is not, or no longer, the current one. */
export function isSuperseded(
  { instanceId }: Pick<Lease, 'instanceId'>,
  condition: ChangeCondition,
): boolean {
  return condition.instanceId !== undefined && condition.instanceId !== instanceId
}

/** Returns why a change must not be made; undefined: it may. */
export function refusalOf(lease: Lease, condition: ChangeCondition): Refusal | undefined {
  const { agentId, owner, instanceId, incarnation, revision } = lease
  if (isOwnedByOther(lease, condition.caller)) {
    const message =
      `Agent ${agentId} belongs to "${owner}", and you are "${condition.caller?.name}": only its owner ` +
      'and admins may change it.'
    return new Refusal(new RegistryError('AGENT_OWNED', message))
  }
  if (isSuperseded(lease, condition)) {
    const current = instanceId === null ? 'one that has no id' : instanceId
    const message =
      `Another instance has registered agent ${agentId}: the current one is ${current}, ` +
      `this is ${condition.instanceId}. Stop sending heartbeats.`
    return new Refusal(new RegistryError('SUPERSEDED', message, { incarnation }))
  }
  if (condition.ifRevision !== undefined && condition.ifRevision !== revision) {
    const message = `Agent ${agentId} is at revision ${revision}, not ${condition.ifRevision}.`
    return new Refusal(new RegistryError('PRECONDITION_FAILED', message))
  }
  return undefined
}

/** Returns the revision of an agent after a change; undefined: nothing was changed. */
export function revisionAfter(outcome: Lease | Refusal | undefined): number | undefined {
  return outcome instanceof Refusal ? undefined : outcome?.revision
}

/**
 * Returns the agent after a change; undefined: it is unknown.
 *
 * @param condition of the change; a newer change of another instance may have been recorded in its place
 * @throws RegistryError `AGENT_OWNED`, `SUPERSEDED` or `PRECONDITION_FAILED` when the change was refused
 */
export function requireAccepted(
  outcome: Lease | Refusal | undefined,
  condition: Pick<ChangeCondition, 'instanceId'> = {},
): Lease | undefined {
  const { instanceId } = condition
  const refusal =
    outcome instanceof Refusal ? outcome : outcome && refusalOf(outcome, { instanceId })
  if (refusal) throw refusal.error
  return outcome as Lease | undefined
}
