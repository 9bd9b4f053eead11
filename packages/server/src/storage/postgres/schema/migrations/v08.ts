/**
 * Version 8: when each agent last changed, unknown for those that have not since; and the cards of agents as they
 * were sent, which only their own reads touch. What lists and searches need of a card is in `details`. A running node
 * of the version before that removes an agent leaves its card behind; it is not shown, since no agent has it.
 */
export const V08 = `
ALTER TABLE rollcall.agents ADD COLUMN updated_at bigint;
ALTER TYPE rollcall.change ADD ATTRIBUTE updated_at bigint;
ALTER TYPE rollcall.change ADD ATTRIBUTE card text;
ALTER TYPE rollcall.change ADD ATTRIBUTE is_card_changed boolean;
CREATE TABLE rollcall.cards (
  agent_id text COLLATE "C" PRIMARY KEY,
  card text NOT NULL
);
`
