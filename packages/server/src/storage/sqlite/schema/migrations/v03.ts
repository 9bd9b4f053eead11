/** Version 3: whether the brake on mass expiry holds back the expiry of an agent. */
export const V03 = `
ALTER TABLE agents ADD COLUMN suspect INTEGER NOT NULL DEFAULT 0;
ALTER TABLE transitions ADD COLUMN suspect INTEGER NOT NULL DEFAULT 0;
`
