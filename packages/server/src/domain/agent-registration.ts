import {
  AGENT_DETAILS,
  type AgentDetails,
  type AgentStatus,
  LIMITS,
  PRINTABLE_PATTERN,
} from '@rollcall/protocol'
import { hostFlaw, urlFlaw, urlOf } from './agent-address.ts'
import type { AgentCard, CardSummary } from './agent-card.ts'
import { completeDetails, NO_TAGS } from './details.ts'
import { capabilitiesIn, type Metadata, toMetadata } from './metadata.ts'
import { sharedFieldsOf } from './optional-fields.ts'
import { RegistryError } from './registry-error.ts'
import { requireWellFormed } from './well-formed.ts'

/** What an agent reports when it registers. */
export interface AgentRegistration {
  /** Unique in the registry; at most 255 characters. */
  readonly agentId: string
  /** The display name; at most 256 characters. */
  readonly agentName: string
  /** Host name or IP address; IPv6 with or without brackets. */
  readonly host: string
  /** 1 to 65535. */
  readonly port: number
  /** Default 60. */
  readonly ttlSeconds?: number | undefined
  /** An object, or a string that holds JSON; at most 4000 characters as JSON. */
  readonly metadata?: object | string | null | undefined
  /** Default: `metadata.capabilities` if it is an array of strings, otherwise none. */
  readonly capabilities?: readonly string[] | null | undefined
  /** The version of the agent. Default: none. */
  readonly version?: string | null | undefined
  /** Texts that describe the agent. Default: none. */
  readonly details?: Partial<AgentDetails> | undefined
  /** Words by which people look for the agent. Default: none. */
  readonly tags?: readonly string[] | null | undefined
  /** The card of the agent; null removes it. Default: unchanged. */
  readonly card?: AgentCard | null | undefined
  /** Default `http://host:port`. */
  readonly url?: string | null | undefined
  /** Default: unchanged; `ready` for a new agent. */
  readonly status?: AgentStatus | undefined
  /**
   * Identifies the process that registers, and makes this registration the whole truth: without a
   * status it is `ready`, without a load it has none. Default: not said.
   */
  readonly instanceId?: string | null | undefined
  /** 0 to 1. Default: unchanged. */
  readonly load?: number | null | undefined
}

/** The part of a registration that changes only when the agent registers again. */
export interface AgentProfile {
  /** The display name. */
  readonly agentName: string
  /** Host name or IP address. */
  readonly host: string
  /** 1 to 65535. */
  readonly port: number
  /** Seconds that the lease lasts without a heartbeat. */
  readonly ttlSeconds: number
  /** As JSON text; null when there is none. */
  readonly metadata: Metadata | null
  /** What the agent can do. */
  readonly capabilities: readonly string[]
  /** The version of the agent; null when not reported. */
  readonly version: string | null
  /** Texts that describe the agent. */
  readonly details: AgentDetails
  /** Words by which people look for the agent. */
  readonly tags: readonly string[]
  /** What is known of its card; null: it has none. */
  readonly card: CardSummary | null
  /** Where to call the agent. */
  readonly url: string
}

const NO_CAPABILITIES: readonly string[] = Object.freeze([])

/**
 * Fills in the defaults of a registration, except the card, which may be that of before, and checks what a schema cannot express.
 *
 * @throws RegistryError `INVALID_REGISTRATION` with a pointer to the field
 */
export function toProfile(registration: AgentRegistration): AgentProfile {
  const { agentName, host, port } = registration
  const metadata = toMetadata(registration.metadata)
  const version = registration.version ?? null
  const details = completeDetails(registration.details)
  requireCallable('/host', host, hostFlaw(host))
  const url = registration.url ?? urlOf(host, port)
  if (registration.url != null) requireCallable('/url', url, urlFlaw(url))
  const capabilities = registration.capabilities ?? capabilitiesOf(metadata)
  requireWellFormed('/agent_name', agentName)
  requireWellFormed('/version', version ?? '')
  for (const { name, wireName } of AGENT_DETAILS) {
    requireWellFormed(`/${wireName}`, details[name] ?? '')
  }
  capabilities.forEach((capability, index) => {
    requireWellFormed(`/capabilities/${index}`, capability)
  })
  const tags = registration.tags ?? NO_TAGS
  tags.forEach((tag, index) => {
    requireWellFormed(`/tags/${index}`, tag)
  })
  const shared = sharedFieldsOf({ details, tags: [...new Set(tags)] })
  return {
    agentName,
    host,
    port,
    ttlSeconds: registration.ttlSeconds ?? LIMITS.ttlSeconds.default,
    metadata,
    // Copied, because the caller may change its array.
    capabilities: capabilities.length === 0 ? NO_CAPABILITIES : Object.freeze([...capabilities]),
    version,
    details: shared.details,
    tags: shared.tags,
    card: null,
    url,
  }
}

/** Reads capabilities from the metadata. The same limits apply as for the `capabilities` field. */
function capabilitiesOf(metadata: Metadata | null): readonly string[] {
  const capabilities = capabilitiesIn(metadata)
  if (capabilities === undefined) return NO_CAPABILITIES
  const { capabilities: maxCapabilities, capabilityCharacters } = LIMITS
  if (capabilities.length > maxCapabilities || !capabilities.every(isCapability)) {
    throw new RegistryError(
      'INVALID_REGISTRATION',
      `has more than ${maxCapabilities} entries, or one that is empty, longer than ` +
        `${capabilityCharacters} characters or not printable; fix it or send \`capabilities\``,
      { pointer: '/metadata/capabilities' },
    )
  }
  return capabilities
}

const printable = new RegExp(PRINTABLE_PATTERN, 'u')

/** Whether a text can be a capability, or a tag. Counts characters as JSON Schema does: an emoji is one. */
export function isCapability(text: string): boolean {
  return text !== '' && printable.test(text) && [...text].length <= LIMITS.capabilityCharacters
}

/** Rejects an address that no client can call: otherwise every caller that picks it would fail. */
function requireCallable(pointer: string, address: string, flaw: string | undefined): void {
  requireWellFormed(pointer, address)
  if (flaw === undefined) return
  throw new RegistryError('INVALID_REGISTRATION', `"${address}" ${flaw}`, { pointer })
}
