import type { AgentRegistryRepository } from '../domain/agent-registry-repository.ts'
import { MemoryAgentRegistryRepository } from './memory/memory-agent-registry-repository.ts'
import {
  SqliteAgentRegistryRepository,
  type SqliteRepositoryOptions,
} from './sqlite/sqlite-agent-registry-repository.ts'
import { parseStorageUrl } from './storage-url.ts'

/** What all back-ends take; each uses what applies to it. */
export type StorageOptions = SqliteRepositoryOptions

/**
 * Opens the store that a URL names: `memory:`, `sqlite:///relative.db`,
 * `sqlite:////absolute.db` or `sqlite:///:memory:`.
 *
 * @throws RegistryError `STORAGE_UNUSABLE` when the URL or what it names cannot be used
 */
export async function createStorageBackend(
  url: string,
  options: StorageOptions = {},
): Promise<AgentRegistryRepository> {
  const location = parseStorageUrl(url)
  switch (location.kind) {
    case 'memory':
      return new MemoryAgentRegistryRepository(options)
    case 'sqlite':
      return SqliteAgentRegistryRepository.open(location.path, options)
  }
}
