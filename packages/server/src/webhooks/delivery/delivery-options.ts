import type { AddressGuard } from '../address-guard.ts'

/** Settings of the deliveries. */
export interface DeliveryOptions {
  /** Decides to which addresses events may be sent. */
  readonly guard: AddressGuard
  /** Milliseconds in which a receiver must respond. */
  readonly timeoutMs: number
  /** Milliseconds for which an event is sent again before its webhook is disabled. */
  readonly retryForMs: number
  /** How the registry names itself to receivers. */
  readonly userAgent: string
}
