/** Version 5: the agents that a token sees, a list in JSON; a token of before sees all. */
export const V05 = `
ALTER TABLE access_tokens ADD COLUMN reads TEXT NOT NULL DEFAULT '["*"]';
`
