/** Version 2: what filters saw before each transition, and the history of one agent by an index. */
export const V02 = `
ALTER TABLE transitions ADD COLUMN before_traits TEXT;
CREATE INDEX transitions_by_agent ON transitions (agent_id);
`
