/**
 * Version 5: the brake on mass expiry. Its settings are those of the node that started last; `since`, `ends_at`
 * and `counted_at` are lease times, and null while it is off. `due_count`: agents that came due since the
 * fleet was counted. `expired_weight`: how many count as recently expired at lease time `expired_at`, with the
 * mean TTL `expired_ttl_ms`.
 */
export const V05 = `
ALTER TABLE rollcall.agents ADD COLUMN suspect boolean NOT NULL DEFAULT false;
ALTER TYPE rollcall.change ADD ATTRIBUTE suspect boolean;
CREATE TABLE rollcall.brake (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  fraction double precision NOT NULL DEFAULT 0,
  minimum integer NOT NULL DEFAULT 1,
  max_ms bigint NOT NULL DEFAULT 0,
  since bigint,
  ends_at bigint,
  counted_at bigint,
  living bigint,
  late bigint,
  due_count bigint NOT NULL DEFAULT 0,
  expired_weight double precision NOT NULL DEFAULT 0,
  expired_ttl_ms double precision NOT NULL DEFAULT 1,
  expired_at bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 10);
INSERT INTO rollcall.brake DEFAULT VALUES;
`
