/** Version 5: the details of an agent, as JSON. */
export const V05 = `
ALTER TABLE rollcall.agents ADD COLUMN details text;
ALTER TYPE rollcall.change ADD ATTRIBUTE details text;
`
