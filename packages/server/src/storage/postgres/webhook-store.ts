import type { Webhook, WebhookChange } from '../../webhooks/webhook.ts'
import { CLAIM_MS, type SavedProgress, type WebhookStore } from '../../webhooks/webhook-store.ts'
import type { StoreDatabase } from './connections/store-database.ts'

const COLUMNS = `id, url, filter, secret, enabled, version, created_at, created_by, position,
  delivered_at, failing_since, last_error`
/** Milliseconds of Unix time; the statements of one transaction may be seconds apart. */
const NOW = '(extract(epoch FROM clock_timestamp()) * 1000)::bigint'

// A retry of the same statement changes nothing.
const CREATE = {
  name: 'create_webhook',
  text: `INSERT INTO rollcall.webhooks (${COLUMNS})
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (id) DO NOTHING`,
}
const LIST = {
  name: 'list_webhooks',
  text: `SELECT ${COLUMNS} FROM rollcall.webhooks ORDER BY created_at, id`,
}
const CHANGE = {
  name: 'change_webhook',
  text: `UPDATE rollcall.webhooks SET url = coalesce($2, url), filter = coalesce($3, filter),
      secret = coalesce($4, secret), enabled = coalesce($5, enabled), version = version + 1,
      failing_since = NULL, last_error = NULL
    WHERE id = $1 RETURNING ${COLUMNS}`,
}
const DELETE = {
  name: 'delete_webhook',
  text: 'DELETE FROM rollcall.webhooks WHERE id = $1 RETURNING id',
}
// In the order of their ids, and without waiting for another node: two that claim at once do not block each other.
const CLAIM = {
  name: 'claim_webhooks',
  text: `WITH claimable AS (
      SELECT id AS claimable_id FROM rollcall.webhooks
      WHERE enabled AND (claimed_by = $1 OR claimed_until < ${NOW})
      ORDER BY id FOR UPDATE SKIP LOCKED
    )
    UPDATE rollcall.webhooks SET claimed_by = $1, claimed_until = ${NOW} + ${CLAIM_MS}
    FROM claimable WHERE id = claimable_id RETURNING ${COLUMNS}`,
}
const SAVE = {
  name: 'save_webhooks',
  text: `UPDATE rollcall.webhooks w SET
      position = saved.position,
      delivered_at = saved.delivered_at,
      failing_since = CASE WHEN w.version = saved.version THEN saved.failing_since ELSE w.failing_since END,
      last_error = CASE WHEN w.version = saved.version THEN saved.last_error ELSE w.last_error END,
      enabled = w.enabled AND NOT (w.version = saved.version AND saved.given_up)
    FROM json_to_recordset($2::text::json) AS saved (id text, version integer, position text,
      delivered_at bigint, failing_since bigint, last_error text, given_up boolean)
    WHERE w.id = saved.id AND w.claimed_by = $1 AND w.claimed_until >= ${NOW}`,
}
const RELEASE = {
  name: 'release_webhooks',
  text: `UPDATE rollcall.webhooks SET claimed_by = NULL, claimed_until = 0 WHERE claimed_by = $1`,
}

interface WebhookRow {
  readonly id: string
  readonly url: string
  readonly filter: string
  readonly secret: string
  readonly enabled: boolean
  readonly version: number
  readonly created_at: string
  readonly created_by: string
  readonly position: string
  readonly delivered_at: string | null
  readonly failing_since: string | null
  readonly last_error: string | null
}

/** Webhooks that all nodes of a registry share. */
export class PostgresWebhookStore implements WebhookStore {
  readonly #database: StoreDatabase

  constructor(database: StoreDatabase) {
    this.#database = database
  }

  async create(webhook: Webhook): Promise<void> {
    const { id, url, secret, isEnabled, version, createdAtMs, createdBy, position } = webhook
    const { filter, deliveredAtMs, failure } = webhook
    await this.#database.write(CREATE, [
      ...[id, url, JSON.stringify(filter), secret, isEnabled, version, createdAtMs, createdBy],
      ...[position, deliveredAtMs, failure?.sinceMs ?? null, failure?.error ?? null],
    ])
  }

  async list(): Promise<readonly Webhook[]> {
    // Not among the reads: queries of clients must not delay what operators do.
    const rows = await this.#database.read<WebhookRow>(LIST, [], { lane: 'writes' })
    return rows.map(toWebhook)
  }

  async change(id: string, change: WebhookChange): Promise<Webhook | undefined> {
    const { url = null, filter, secret = null, isEnabled = null } = change
    const values = [id, url, filter ? JSON.stringify(filter) : null, secret, isEnabled]
    const [row] = await this.#database.write<WebhookRow>(CHANGE, values)
    return row && toWebhook(row)
  }

  async delete(id: string): Promise<boolean> {
    return (await this.#database.write(DELETE, [id])).length > 0
  }

  async claim(node: string): Promise<readonly Webhook[]> {
    return (await this.#database.write<WebhookRow>(CLAIM, [node])).map(toWebhook)
  }

  async save(node: string, progress: readonly SavedProgress[]): Promise<void> {
    await this.#database.write(SAVE, [node, JSON.stringify(progress.map(toSavedRow))])
  }

  async release(node: string): Promise<void> {
    await this.#database.write(RELEASE, [node])
  }
}

function toSavedRow({ id, version, position, ...saved }: SavedProgress): object {
  const { deliveredAtMs, failure, isGivenUp } = saved
  return {
    ...{ id, version, position },
    delivered_at: deliveredAtMs,
    failing_since: failure?.sinceMs ?? null,
    last_error: failure?.error ?? null,
    given_up: isGivenUp,
  }
}

function toWebhook(row: WebhookRow): Webhook {
  const { id, url, secret, version, position, failing_since: failingSince } = row
  return {
    ...{ id, url, secret, version, position },
    filter: JSON.parse(row.filter),
    isEnabled: row.enabled,
    createdAtMs: Number(row.created_at),
    createdBy: row.created_by,
    deliveredAtMs: row.delivered_at === null ? null : Number(row.delivered_at),
    failure:
      failingSince === null ? null : { sinceMs: Number(failingSince), error: row.last_error ?? '' },
  }
}
