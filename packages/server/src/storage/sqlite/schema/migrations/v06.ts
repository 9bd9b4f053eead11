/**
 * Version 6: when each agent last changed, unknown for those that have not since; and the cards of agents as they
 * were sent, which only their own reads touch. What lists and searches need of a card is in `details`.
 */
export const V06 = `
ALTER TABLE agents ADD COLUMN updated_at INTEGER;
ALTER TABLE transitions ADD COLUMN updated_at INTEGER;

CREATE TABLE cards (
  agent_id TEXT NOT NULL PRIMARY KEY,
  card TEXT NOT NULL
) STRICT;
`
