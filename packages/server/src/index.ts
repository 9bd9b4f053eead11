export { AgentRegistryServer, type AgentRegistryServerOptions } from './agent-registry-server.ts'
export {
  ConfigurationError,
  DEFAULT_CONFIG_FILE,
  loadSettings,
  type SettingSources,
} from './config/load-settings.ts'
export { SETTINGS, type Setting, type SettingRule, Settings } from './config/settings.ts'
export { AgentRecord, type AgentRecordFields } from './domain/agent-record.ts'
export type { AgentProfile, AgentRegistration } from './domain/agent-registration.ts'
export type {
  AgentQuery,
  AgentRegistryRepository,
  HeartbeatsOutcome,
  RegistryCounts,
  StorageCapabilities,
  StorageStatistics,
  SweepOptions,
  TransitionListener,
} from './domain/agent-registry-repository.ts'
export { type Clock, systemClock } from './domain/clock.ts'
export type { Heartbeat, HeartbeatReceipt, HeartbeatReport } from './domain/heartbeat.ts'
export type { Metadata } from './domain/metadata.ts'
export { isRegistryError, RegistryError, type RegistryErrorCode } from './domain/registry-error.ts'
export type { Transition, TransitionType } from './domain/transition.ts'
export { createStorageBackend, type StorageOptions } from './storage/create-storage-backend.ts'
export {
  MemoryAgentRegistryRepository,
  type MemoryRepositoryOptions,
} from './storage/memory/memory-agent-registry-repository.ts'
export {
  SqliteAgentRegistryRepository,
  type SqliteRepositoryOptions,
} from './storage/sqlite/sqlite-agent-registry-repository.ts'
export { VERSION } from './version.ts'
