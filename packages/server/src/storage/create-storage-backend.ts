import type { AgentRegistryRepository } from '../domain/agent-registry-repository.ts'
import { MemoryAgentRegistryRepository } from './memory/repository.ts'
import type { PostgresRepositoryOptions } from './postgres/repository-options.ts'
import { SqliteAgentRegistryRepository, type SqliteRepositoryOptions } from './sqlite/repository.ts'
import { parseStorageUrl } from './storage-url.ts'

/** The options of all back-ends; each uses those that apply to it. */
export interface StorageOptions extends SqliteRepositoryOptions, PostgresRepositoryOptions {}

/**
 * Opens the store at a URL: `memory:`, `sqlite:///relative.db`,
 * `sqlite:////absolute.db`, `sqlite:///:memory:` or `postgres://user:password@host:5432/database`.
 *
 * @throws RegistryError `STORAGE_UNUSABLE` when the URL is invalid or the store cannot be used
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
    case 'postgres': {
      // Loaded on demand: its driver takes as long to load as the rest of the storage.
      const { PostgresAgentRegistryRepository } = await import('./postgres/repository.ts')
      return PostgresAgentRegistryRepository.open(location.url, options)
    }
  }
}
