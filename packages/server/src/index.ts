/**
 * The registry as a library: embed it, plug in a different store, or read its settings.
 *
 * @module @rollcall/server
 */

export type { AnonymousAccess } from './access/access-control.ts'
export {
  type AccessToken,
  type CreatedToken,
  patternsFlaw,
  readsFlaw,
  type TokenGrant,
  type TokenOrder,
} from './access/access-token.ts'
export type { ShownByRoute } from './access/application-routes.ts'
export type { TlsOptions } from './access/certificates/tls-options.ts'
export { JWT_ALGORITHMS, type JwtOptions } from './access/jwt/jwt-options.ts'
export type { Grant } from './access/principal.ts'
export type { ServerAccessOptions } from './access/server-access.ts'
export { toWireToken } from './access/token-json.ts'
export {
  type TokenAdministration,
  type TokenStore,
  type TokenStoreProvider,
  tokenStoreOf,
} from './access/token-store.ts'
export { AgentRegistryServer } from './agent-registry-server.ts'
export type { AgentRegistryServerOptions } from './agent-registry-server-options.ts'
export { backupsIn, type StoredBackup } from './backups/backup-folder.ts'
export { NO_PUBLISHER } from './config/catalog-settings.ts'
export {
  type EnvironmentVariables,
  misspelledVariables,
  unknownVariables,
} from './config/environment-variables.ts'
export { parseListSetting } from './config/host-lists.ts'
export { NO_IDENTITY_SETTING } from './config/identity-settings.ts'
export {
  ConfigurationError,
  DEFAULT_CONFIG_FILE,
  loadSettings,
  type SettingSources,
  settingProblem,
} from './config/load-settings.ts'
export { NO_PUBLIC_URL } from './config/public-url.ts'
export {
  NO_AUDIT_LOG,
  NO_BACKUPS,
  NO_TOKEN_FILE,
  SETTINGS,
  type Setting,
  type SettingRule,
  Settings,
} from './config/settings.ts'
export type { AgentCard, CardSummary } from './domain/agent-card.ts'
export { AgentRecord, type AgentRecordFields } from './domain/agent-record.ts'
export type { AgentProfile, AgentRegistration } from './domain/agent-registration.ts'
export type {
  AgentRegistryRepository,
  HeartbeatsOutcome,
  HistoryOptions,
  ReadOptions,
  RegistryCounts,
  StorageCapabilities,
  SweepOptions,
  SweepResult,
} from './domain/agent-registry-repository.ts'
export {
  type BackupContent,
  type BackupOptions,
  type BackupSource,
  isBackupSource,
} from './domain/backup-source.ts'
export type { Caller } from './domain/caller.ts'
export type { CapabilityCounts } from './domain/capability-counts.ts'
export type { ChangeCondition } from './domain/change-condition.ts'
export { type Clock, systemClock } from './domain/clock.ts'
export type { EventBus, TransitionListener } from './domain/event-bus.ts'
export type { BrakeOptions, BrakeState } from './domain/expiry-brake.ts'
export type { Heartbeat, HeartbeatReceipt, HeartbeatReport } from './domain/heartbeat.ts'
export type { Branch, HistoryPosition } from './domain/history-position.ts'
export type { LoadListener, LoadSubscription } from './domain/load-subscription.ts'
export type { Maintenance, MaintenanceDecision, MaintenanceEntry } from './domain/maintenance.ts'
export type { Metadata } from './domain/metadata.ts'
export type { OwnerCounts } from './domain/owner-counts.ts'
export type {
  AgentFilter,
  FilterableState,
  MetadataCondition,
} from './domain/query/agent-filter.ts'
export {
  type AgentQuery,
  type ListPosition,
  positionOf,
  type SortableAgent,
} from './domain/query/agent-query.ts'
export { isRegistryError, RegistryError, type RegistryErrorCode } from './domain/registry-error.ts'
export type { ConnectionStats, StorageStatistics } from './domain/storage-statistics.ts'
export type { PreviousState, Transition, TransitionType } from './domain/transition.ts'
export type { PublicDiscovery } from './http/catalogs/catalog-settings.ts'
export { type DocumentedRegistry, openApiDocument } from './http/openapi/openapi-document.ts'
export type { Limit } from './limits/limit.ts'
export { WIRE_LIMITS } from './limits/wire-limits.ts'
export { CloudEvent } from './operations/cloud-event-schema.ts'
export type { Operation, OperationId, OwnResponse } from './operations/operation.ts'
export type { OpenParameter } from './operations/operation-parameters.ts'
export { OPERATIONS } from './operations/operations.ts'
export { TargetGroup } from './operations/target-group.ts'
export {
  CreatedWebhook,
  DeletedWebhook,
  Webhook as WireWebhook,
  WebhookFilter,
  WebhookPatch,
  WebhookRequest,
  type WebhookState,
  WebhookTest,
} from './operations/webhook-schemas.ts'
export { type Cancellation, type SlicedWork, TimeSlices } from './scheduling/time-slices.ts'
export { requireBackupSupport } from './storage/backup-support.ts'
export { type CopyOptions, copyRegistry } from './storage/copy/copy-registry.ts'
export type { CopyProgress, CopyResult } from './storage/copy/copy-snapshot.ts'
export { createStorageBackend, type StorageOptions } from './storage/create-storage-backend.ts'
export { exportToFile, type FileExportOptions } from './storage/export/export-file.ts'
export { type ExportOptions, exportRegistry } from './storage/export/export-registry.ts'
export { type ImportOptions, importRegistry } from './storage/export/import-registry.ts'
export type { WriteLines } from './storage/export/json-lines-target.ts'
export {
  MemoryAgentRegistryRepository,
  type MemoryRepositoryOptions,
} from './storage/memory/repository.ts'
export { type OpenTokensOptions, openTokens } from './storage/open-tokens.ts'
export {
  type InspectedHost,
  type InspectedRegistry,
  type InspectedSchema,
  type InspectedServer,
  inspectPostgres,
  type LongTransaction,
  type PostgresInspection,
  type Replica,
} from './storage/postgres/inspection/inspection.ts'
export type { PostgresAgentRegistryRepository } from './storage/postgres/repository.ts'
export type { PostgresRepositoryOptions } from './storage/postgres/repository-options.ts'
export {
  SqliteAgentRegistryRepository,
  type SqliteRepositoryOptions,
} from './storage/sqlite/repository.ts'
export { parseStorageUrl, type StorageLocation } from './storage/storage-url.ts'
export type { WarningLogger } from './storage/warning-logger.ts'
export { VERSION } from './version.ts'
export type {
  Webhook,
  WebhookChange,
  WebhookDefinition,
  WebhookFailure,
  WebhookProgress,
} from './webhooks/webhook.ts'
export type { WebhookOptions } from './webhooks/webhook-options.ts'
export {
  type SavedProgress,
  type WebhookStore,
  type WebhookStoreProvider,
  webhookStoreOf,
} from './webhooks/webhook-store.ts'
