import type { Database } from 'better-sqlite3'

/** The card of an agent after a change; null: it has none. */
export type CardRow = readonly [agentId: string, card: string | null]

/** Writes cards as they are sent, and reads them. Prepared when first used: most registries have none. */
export class CardTable {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  /** Applies changes in order, within the transaction of the caller. */
  write(rows: readonly CardRow[]): void {
    const put = this.#db.prepare('INSERT OR REPLACE INTO cards (agent_id, card) VALUES (?, ?)')
    const remove = this.#db.prepare('DELETE FROM cards WHERE agent_id = ?')
    for (const [agentId, card] of rows) {
      if (card === null) remove.run(agentId)
      else put.run(agentId, card)
    }
  }

  /** Returns the card of an agent; null: it has none. */
  read(agentId: string): string | null {
    const find = this.#db.prepare('SELECT card FROM cards WHERE agent_id = ?').pluck()
    return (find.get(agentId) as string | undefined) ?? null
  }
}
