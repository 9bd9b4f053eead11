import type { SummarizedCard } from './agent-card.ts'
import { type AgentRegistration, toProfile } from './agent-registration.ts'
import type { Caller } from './caller.ts'
import type { ChangeCondition } from './change-condition.ts'
import type { Intent } from './intent.ts'
import type { ProfileInterner } from './profile-interner.ts'

/** What a registration is converted with. */
interface RegisterOptions {
  readonly caller?: Caller | undefined
  readonly interner?: ProfileInterner | undefined
  readonly card?: SummarizedCard | null | undefined
}

type RegisterIntent = Intent & { readonly event: 'register' }

/**
 * Converts a registration to the intent that records it. That of an instance is the whole truth; one that
 * names no instance leaves status and load as they are unless it says otherwise.
 *
 * @param options.card that of the registration, summarized
 * @throws RegistryError `INVALID_REGISTRATION`
 */
export function toRegisterIntent(
  registration: AgentRegistration,
  { caller, interner, card }: RegisterOptions = {},
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
    card,
    caller,
  }
}

/** A registration of another instance may be recorded in the place of this one. */
export function conditionOf({ instanceId }: RegisterIntent): ChangeCondition {
  return { instanceId: instanceId ?? undefined }
}
