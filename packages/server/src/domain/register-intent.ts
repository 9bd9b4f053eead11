import { type AgentRegistration, toProfile } from './agent-registration.ts'
import type { Caller } from './caller.ts'
import type { ChangeCondition } from './change-condition.ts'
import type { ProfileInterner } from './profile-interner.ts'
import type { Intent } from './transition-batch.ts'

type RegisterIntent = Intent & { readonly event: 'register' }

/**
 * Converts a registration to the intent that records it. That of an instance is the whole truth; one that
 * names no instance leaves status and load as they are unless it says otherwise.
 *
 * @throws RegistryError `INVALID_REGISTRATION`
 */
export function toRegisterIntent(
  registration: AgentRegistration,
  { caller, interner }: { caller?: Caller | undefined; interner?: ProfileInterner } = {},
): RegisterIntent {
  const { agentId, status, load } = registration
  const instanceId = registration.instanceId ?? null
  const profile = toProfile(registration)
  return {
    event: 'register',
    agentId,
    profile: interner ? interner.intern(profile) : profile,
    status: instanceId === null ? status : (status ?? 'ready'),
    load: instanceId === null ? load : (load ?? null),
    instanceId,
    caller,
  }
}

/** A registration of another instance may be recorded in the place of this one. */
export function conditionOf({ instanceId }: RegisterIntent): ChangeCondition {
  return { instanceId: instanceId ?? undefined }
}
