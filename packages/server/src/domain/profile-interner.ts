import type { AgentProfile } from './agent-registration.ts'
import { InternCache } from './intern-cache.ts'
import type { Metadata } from './metadata.ts'

/**
 * Keeps once what agents have in common. Fleets repeat their hosts, metadata and capabilities; in
 * one of a million, 300 bytes of each agent were such copies.
 */
export class ProfileInterner {
  readonly #hosts = new InternCache<string>()
  readonly #urls = new InternCache<string>()
  readonly #versions = new InternCache<string>()
  readonly #metadata = new InternCache<Metadata>()
  readonly #capabilities = new InternCache<readonly string[]>()

  /** The same profile, made of parts that others may have, too. */
  intern(profile: AgentProfile): AgentProfile {
    const { host, metadata, capabilities, version, url } = profile
    return {
      ...profile,
      host: this.#hosts.get(host, itself),
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
