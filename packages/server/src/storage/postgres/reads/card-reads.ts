import { decodeOptionalFields } from '../../../domain/optional-fields.ts'
import type { PostgresDatabase } from '../connections/database.ts'

const CARD = {
  name: 'card',
  text: `SELECT a.details, k.card FROM rollcall.agents a JOIN rollcall.cards k USING (agent_id)
    WHERE a.agent_id = $1`,
}

/** Returns the text of the card of an agent; undefined: it has none. */
export async function findCard(
  database: PostgresDatabase,
  agentId: string,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const [row] = await database.read<CardRow>(CARD, [agentId], { lane: 'reads', signal })
  // A node of the version before may have registered the agent anew: then it has no card.
  const hasCard = row !== undefined && decodeOptionalFields(row.details).card !== null
  return hasCard ? row.card : undefined
}

interface CardRow {
  readonly details: string | null
  readonly card: string
}
