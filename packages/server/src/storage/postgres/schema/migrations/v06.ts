/**
 * Version 6: which process has registered an agent, and how many have. Heartbeats name their instance: the
 * new parameter has a default, so nodes of the version before can still call the function.
 */
export const V06 = `
ALTER TABLE rollcall.agents ADD COLUMN instance_id text;
ALTER TABLE rollcall.agents ADD COLUMN incarnation integer NOT NULL DEFAULT 1;
ALTER TYPE rollcall.change ADD ATTRIBUTE instance_id text;
ALTER TYPE rollcall.change ADD ATTRIBUTE incarnation integer;
DROP FUNCTION rollcall.beat(bigint, text[], double precision[], text[]);
DROP FUNCTION rollcall.beat_unlocked(bigint, text[], double precision[], text[]);
`
