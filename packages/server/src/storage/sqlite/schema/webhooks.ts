import type { Database } from 'better-sqlite3'
import type { Webhook, WebhookChange } from '../../../webhooks/webhook.ts'
import type { SavedProgress } from '../../../webhooks/webhook-store.ts'

/** A change of the webhooks in a file. */
export type WebhookWrite =
  | { readonly create: Webhook }
  | { readonly id: string; readonly change: WebhookChange }
  | { readonly delete: string }
  | { readonly progress: readonly SavedProgress[] }

type WebhookRow = Omit<Webhook, 'filter' | 'isEnabled' | 'failure'> & {
  readonly filter: string
  readonly isEnabled: number
  readonly failingSince: number | null
  readonly lastError: string | null
}

/** Returns every webhook in a file, oldest first. */
export function readWebhooks(db: Database): Webhook[] {
  const rows = db.prepare<[], WebhookRow>(
    `SELECT id, url, filter, secret, enabled AS isEnabled, version, created_at AS createdAtMs,
       created_by AS createdBy, position, delivered_at AS deliveredAtMs,
       failing_since AS failingSince, last_error AS lastError
     FROM webhooks ORDER BY created_at, id`,
  )
  return rows.all().map(({ failingSince, lastError, ...row }) => ({
    ...row,
    filter: JSON.parse(row.filter),
    isEnabled: row.isEnabled === 1,
    failure: failingSince === null ? null : { sinceMs: failingSince, error: lastError ?? '' },
  }))
}

/** Changes webhooks, in the transaction of the caller. Repeating a change is harmless. */
export function writeWebhooks(db: Database, write: WebhookWrite): void {
  if ('create' in write) createWebhook(db, write.create)
  else if ('change' in write) changeWebhook(db, write.id, write.change)
  else if ('delete' in write) db.prepare('DELETE FROM webhooks WHERE id = ?').run(write.delete)
  else saveProgress(db, write.progress)
}

function createWebhook(db: Database, webhook: Webhook): void {
  const { failure, isEnabled, filter, ...row } = webhook
  db.prepare(
    `INSERT OR REPLACE INTO webhooks
       (id, url, filter, secret, enabled, version, created_at, created_by, position, delivered_at,
        failing_since, last_error)
     VALUES (@id, @url, @filter, @secret, @enabled, @version, @createdAtMs, @createdBy, @position,
       @deliveredAtMs, @failingSince, @lastError)`,
  ).run({
    ...row,
    filter: JSON.stringify(filter),
    enabled: Number(isEnabled),
    failingSince: failure?.sinceMs ?? null,
    lastError: failure?.error ?? null,
  })
}

function changeWebhook(db: Database, id: string, change: WebhookChange): void {
  const { url = null, filter, secret = null, isEnabled } = change
  db.prepare(
    `UPDATE webhooks SET url = coalesce(@url, url), filter = coalesce(@filter, filter),
       secret = coalesce(@secret, secret), enabled = coalesce(@enabled, enabled),
       version = version + 1, failing_since = NULL, last_error = NULL
     WHERE id = @id`,
  ).run({
    ...{ id, url, secret },
    filter: filter === undefined ? null : JSON.stringify(filter),
    enabled: isEnabled === undefined ? null : Number(isEnabled),
  })
}

function saveProgress(db: Database, progress: readonly SavedProgress[]): void {
  const savePosition = db.prepare('UPDATE webhooks SET position = ?, delivered_at = ? WHERE id = ?')
  const saveFailure = db.prepare(
    `UPDATE webhooks SET failing_since = ?, last_error = ?, enabled = enabled AND NOT ?
     WHERE id = ? AND version = ?`,
  )
  for (const { id, version, position, deliveredAtMs, failure, isGivenUp } of progress) {
    savePosition.run(position, deliveredAtMs, id)
    const cause = [failure?.sinceMs ?? null, failure?.error ?? null]
    saveFailure.run(...cause, Number(isGivenUp), id, version)
  }
}
