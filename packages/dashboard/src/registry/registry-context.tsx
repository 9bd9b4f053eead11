import { createContext, type ReactNode, use } from 'react'
import type { FleetPulse } from './fleet-pulse.ts'
import type { RegistrySession } from './registry-session.ts'

/** What every view reads from. */
export interface Registry {
  readonly session: RegistrySession
  readonly pulse: FleetPulse
}

const RegistryContext = createContext<Registry | undefined>(undefined)

export function RegistryProvider({ value, children }: { value: Registry; children: ReactNode }) {
  return <RegistryContext value={value}>{children}</RegistryContext>
}

export function useRegistry(): Registry {
  const registry = use(RegistryContext)
  if (registry === undefined) throw new Error('outside of the RegistryProvider')
  return registry
}
