import type { AgentRegistration } from '../domain/agent-registration.ts'
import type { Caller } from '../domain/caller.ts'
import type { ProfileInterner } from '../domain/profile-interner.ts'
import { toRegisterIntent } from '../domain/register-intent.ts'
import { summarizeCard } from './card-summary.ts'

/** Converts a registration with its card to the intent that records both. @throws RegistryError `INVALID_REGISTRATION` */
export function registrationIntent(
  registration: AgentRegistration,
  options: { readonly caller: Caller | undefined; readonly interner?: ProfileInterner },
): ReturnType<typeof toRegisterIntent> {
  const card = registration.card && summarizeCard(registration.card)
  return toRegisterIntent(registration, { ...options, card })
}
