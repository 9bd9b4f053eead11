import type { AgentProfile } from './agent-registration.ts'
import type { Metadata } from './metadata.ts'

/** Values of each kind that are remembered; then it begins anew, so that a fleet may change. */
const REMEMBERED = 4096

/**
 * Keeps once what agents have in common. Fleets repeat their hosts, metadata and capabilities; in
 * one of a million, 300 bytes of each agent were such copies.
 */
export class ProfileInterner {
  readonly #texts = new Map<string, string>()
  readonly #lists = new Map<string, readonly string[]>()
  readonly #metadata = new Map<string, Metadata>()

  /** The same profile, made of parts that others may have, too. */
  intern(profile: AgentProfile): AgentProfile {
    const { metadata, capabilities, version } = profile
    return {
      agentName: profile.agentName,
      host: this.#text(profile.host),
      port: profile.port,
      ttlSeconds: profile.ttlSeconds,
      metadata: metadata && remember(this.#metadata, metadata.givenAs + metadata.json, metadata),
      capabilities: remember(this.#lists, capabilities.join('\n'), capabilities),
      version: version && this.#text(version),
      url: this.#text(profile.url),
    }
  }

  #text(text: string): string {
    return remember(this.#texts, text, text)
  }
}

function remember<T>(known: Map<string, T>, key: string, value: T): T {
  const found = known.get(key)
  if (found !== undefined) return found
  if (known.size === REMEMBERED) known.clear()
  known.set(key, value)
  return value
}
