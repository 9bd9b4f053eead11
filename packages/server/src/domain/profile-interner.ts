import type { AgentProfile } from './agent-registration.ts'
import { Interned } from './interned.ts'
import type { Metadata } from './metadata.ts'

/**
 * Keeps once what agents have in common. Fleets repeat their hosts, metadata and capabilities; in
 * one of a million, 300 bytes of each agent were such copies.
 */
export class ProfileInterner {
  readonly #hosts = new Interned<string>()
  readonly #urls = new Interned<string>()
  readonly #versions = new Interned<string>()
  readonly #metadata = new Interned<Metadata>()
  readonly #capabilities = new Interned<readonly string[]>()

  /** The same profile, made of parts that others may have, too. */
  intern(profile: AgentProfile): AgentProfile {
    const { host, metadata, capabilities, version, url } = profile
    return {
      agentName: profile.agentName,
      host: this.#hosts.get(host, itself),
      port: profile.port,
      ttlSeconds: profile.ttlSeconds,
      metadata: metadata && this.#share(metadata),
      capabilities: this.#capabilities.get(JSON.stringify(capabilities), () => capabilities),
      version: version && this.#versions.get(version, itself),
      url: this.#urls.get(url, itself),
    }
  }

  #share(metadata: Metadata): Metadata {
    const known = this.#metadata.get(metadata.json, () => metadata)
    // The same text in the other form is rare enough not to be remembered.
    return known.givenAs === metadata.givenAs ? known : metadata
  }
}

function itself(text: string): string {
  return text
}
