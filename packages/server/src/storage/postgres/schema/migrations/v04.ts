/**
 * Version 4: functions are created apart from the tables, and the schema keeps their version. The parameters
 * of `commit` get other names, which `CREATE OR REPLACE` does not allow.
 */
export const V04 = `
CREATE TABLE rollcall.functions (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  version integer NOT NULL
);
INSERT INTO rollcall.functions (version) VALUES (0);
DROP FUNCTION rollcall.commit(json, json, text);
`
