/** Version 4: which version of the functions the schema has. */
export const V04 = String.raw`
CREATE TABLE rollcall.functions (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  version integer NOT NULL
);
INSERT INTO rollcall.functions (version) VALUES (0);
`
