/**
 * Version 5: the details of an agent, as JSON, and how many of them the newest node knows: a further detail
 * needs no migration, but older nodes must not drop it.
 */
export const V05 = `
ALTER TABLE rollcall.agents ADD COLUMN details text;
ALTER TYPE rollcall.change ADD ATTRIBUTE details text;
ALTER TABLE rollcall.functions ADD COLUMN details integer NOT NULL DEFAULT 0;
`
