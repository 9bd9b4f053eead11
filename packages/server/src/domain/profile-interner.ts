import type { AgentProfile } from './agent-registration.ts'
import { InternCache } from './intern-cache.ts'
import type { Metadata } from './metadata.ts'

/**
 * Shares values that agents have in common. Fleets repeat their hosts, metadata and capabilities; in
 * a fleet of a million, 300 bytes of each agent were such duplicates.
 */
export class ProfileInterner {
  readonly #hosts = new InternCache<string>()
  readonly #urls = new InternCache<string>()
  readonly #versions = new InternCache<string>()
  readonly #metadata = new InternCache<Metadata>()
  readonly #capabilities = new InternCache<readonly string[]>()

  /** Returns an equal profile that shares its values with other profiles. */
  intern(profile: AgentProfile): AgentProfile {
    const { host, metadata, capabilities, version, url } = profile
    // Named one by one: an object that is spread into another one has its fields in a second one, for each agent.
    return {
      agentName: profile.agentName,
      port: profile.port,
      ttlSeconds: profile.ttlSeconds,
      host: this.#hosts.getOrCreate(host, identity),
      metadata: metadata && this.#share(metadata),
      capabilities: this.#capabilities.getOrCreate(
        JSON.stringify(capabilities),
        () => capabilities,
      ),
      version: version && this.#versions.getOrCreate(version, identity),
      details: profile.details,
      tags: profile.tags,
      card: profile.card,
      url: this.#urls.getOrCreate(url, identity),
    }
  }

  #share(metadata: Metadata): Metadata {
    const known = this.#metadata.getOrCreate(metadata.json, () => metadata)
    // The same text in the other form is too rare to be cached.
    return known.givenAs === metadata.givenAs ? known : metadata
  }
}

function identity(text: string): string {
  return text
}
