/**
 * Version 7: the agents that a token sees, a list in JSON. A token of before sees all, and so does one that a node of
 * the version before creates.
 */
export const V07 = `
ALTER TABLE rollcall.access_tokens ADD COLUMN reads text NOT NULL DEFAULT '["*"]';
`
