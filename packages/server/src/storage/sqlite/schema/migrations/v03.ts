/** Version 3: the details of an agent, as JSON. */
export const V03 = `
ALTER TABLE agents ADD COLUMN details TEXT;
ALTER TABLE transitions ADD COLUMN details TEXT;
`
