import type { AgentStatus } from '@rollcall/protocol'
import type { SummarizedCard } from './agent-card.ts'
import type { AgentProfile } from './agent-registration.ts'
import type { Caller } from './caller.ts'
import { type ChangeCondition, type Refusal, refusalOf } from './change-condition.ts'
import type { HeartbeatReport } from './heartbeat.ts'
import type { Lease } from './lease.ts'

/** A requested change of an agent. */
export type Intent = { readonly agentId: string } & (
  | {
      readonly event: 'register'
      readonly profile: AgentProfile
      readonly status: AgentStatus | undefined
      readonly load: number | null | undefined
      readonly instanceId: string | null
      /** Null: the card is removed; undefined: it stays. */
      readonly card?: SummarizedCard | null | undefined
      readonly caller?: Caller | undefined
    }
  | { readonly event: 'heartbeat'; readonly report: HeartbeatReport }
  | { readonly event: 'deregister'; readonly condition: ChangeCondition }
  | {
      readonly event: 'setCard'
      readonly card: SummarizedCard | null
      readonly condition: ChangeCondition
    }
  | { readonly event: 'maintain' | 'cleanup'; readonly caller?: Caller | undefined }
  | { readonly event: 'lapse' }
)

/** An intent, or the hold that takes the place of a lapse while the brake on mass expiry is on. */
export type PerformedIntent = Intent | { readonly agentId: string; readonly event: 'hold' }

/** Returns why an intent must not take effect; undefined: it may. */
export function refusalOfIntent(intent: Intent, lease: Lease | undefined): Refusal | undefined {
  if (lease === undefined) return undefined
  switch (intent.event) {
    case 'register':
      return refusalOf(lease, { caller: intent.caller })
    case 'heartbeat':
      return refusalOf(lease, intent.report)
    case 'deregister':
    case 'setCard':
      return refusalOf(lease, intent.condition)
    default:
      return undefined
  }
}

/** Returns who asks for a change; undefined: the application, or the registry itself. */
export function callerOf(intent: PerformedIntent): Caller | undefined {
  switch (intent.event) {
    case 'heartbeat':
      return intent.report.caller
    case 'deregister':
    case 'setCard':
      return intent.condition.caller
    case 'register':
    case 'maintain':
    case 'cleanup':
      return intent.caller
    default:
      return undefined
  }
}
