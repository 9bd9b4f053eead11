/** Version 4: which process has registered an agent, and how many have. */
export const V04 = `
ALTER TABLE agents ADD COLUMN instance_id TEXT;
ALTER TABLE agents ADD COLUMN incarnation INTEGER NOT NULL DEFAULT 1;
ALTER TABLE transitions ADD COLUMN instance_id TEXT;
ALTER TABLE transitions ADD COLUMN incarnation INTEGER NOT NULL DEFAULT 1;
`
