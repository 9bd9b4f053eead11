import { type AgentStatus, LIMITS, PRINTABLE_PATTERN } from '@rollcall/protocol'
import { hostFlaw, urlFlaw, urlOf } from './agent-address.ts'
import { capabilitiesIn, type Metadata, toMetadata } from './metadata.ts'
import { RegistryError } from './registry-error.ts'

/** What an agent says of itself when it registers. */
export interface AgentRegistration {
  /** Names it in the registry; at most 255 characters. */
  readonly agentId: string
  /** What people call it; at most 256 characters. */
  readonly agentName: string
  /** Host name or IP address; IPv6 with or without brackets. */
  readonly host: string
  /** 1 to 65535. */
  readonly port: number
  /** Default 60. */
  readonly ttlSeconds?: number | undefined
  /** An object, or a string that holds JSON; at most 4000 characters as JSON. */
  readonly metadata?: object | string | null | undefined
  /** Default: `metadata.capabilities` when that is an array of strings, else none. */
  readonly capabilities?: readonly string[] | null | undefined
  /** Of the agent. Default: none. */
  readonly version?: string | null | undefined
  /** Default `http://host:port`. */
  readonly url?: string | null | undefined
  /** Default: what it was; `ready` for a new agent. */
  readonly status?: AgentStatus | undefined
  /** 0 to 1. Default: what it was. */
  readonly load?: number | null | undefined
}

/** The lasting part of a registration: it changes only when the agent registers again. */
export interface AgentProfile {
  /** What people call it. */
  readonly agentName: string
  /** Host name or IP address. */
  readonly host: string
  /** 1 to 65535. */
  readonly port: number
  /** Seconds that the lease lasts without a heartbeat. */
  readonly ttlSeconds: number
  /** As JSON text; null when there is none. */
  readonly metadata: Metadata | null
  /** What it can do. */
  readonly capabilities: readonly string[]
  /** Of the agent; null when it never said. */
  readonly version: string | null
  /** Where to call it. */
  readonly url: string
}

const NONE: readonly string[] = Object.freeze([])

/**
 * Fills in the defaults of a registration and checks what no schema can.
 *
 * @throws RegistryError `INVALID_REGISTRATION` with a pointer to the field
 */
export function toProfile(registration: AgentRegistration): AgentProfile {
  const { agentName, host, port } = registration
  const metadata = toMetadata(registration.metadata)
  const version = registration.version ?? null
  requireCallable('/host', host, hostFlaw(host))
  const url = registration.url ?? urlOf(host, port)
  if (registration.url != null) requireCallable('/url', url, urlFlaw(url))
  const capabilities = registration.capabilities ?? capabilitiesOf(metadata)
  requireWellFormed('/agent_name', agentName)
  requireWellFormed('/version', version ?? '')
  capabilities.forEach((capability, index) => {
    requireWellFormed(`/capabilities/${index}`, capability)
  })
  return {
    agentName,
    host,
    port,
    ttlSeconds: registration.ttlSeconds ?? LIMITS.ttlSeconds.default,
    metadata,
    // A copy: the caller's array may change.
    capabilities: capabilities.length === 0 ? NONE : Object.freeze([...capabilities]),
    version,
    url,
  }
}

/** Capabilities told inside the metadata obey the same limits as those told outside. */
function capabilitiesOf(metadata: Metadata | null): readonly string[] {
  const told = capabilitiesIn(metadata)
  if (told === undefined) return NONE
  const { capabilities: atMost, capabilityCharacters } = LIMITS
  if (told.length > atMost || !told.every(isCapability)) {
    throw new RegistryError(
      'INVALID_REGISTRATION',
      `has more than ${atMost} entries, or one that is empty, longer than ` +
        `${capabilityCharacters} characters or not printable; mend it or send \`capabilities\``,
      { pointer: '/metadata/capabilities' },
    )
  }
  return told
}

const printable = new RegExp(PRINTABLE_PATTERN, 'u')

/** Characters are counted as JSON Schema counts them: an emoji is one. */
function isCapability(text: string): boolean {
  return printable.test(text) && [...text].length <= LIMITS.capabilityCharacters
}

/** An address that no client can call would be found, picked and fail at every caller. */
function requireCallable(pointer: string, address: string, flaw: string | undefined): void {
  requireWellFormed(pointer, address)
  if (flaw === undefined) return
  throw new RegistryError('INVALID_REGISTRATION', `"${address}" ${flaw}`, { pointer })
}

/** Half of a surrogate pair cannot be stored as UTF-8: it would come back as another character. */
function requireWellFormed(pointer: string, text: string): void {
  if (text.isWellFormed()) return
  throw new RegistryError('INVALID_REGISTRATION', 'holds half of a surrogate pair', { pointer })
}
