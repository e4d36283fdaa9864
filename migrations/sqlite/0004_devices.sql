-- Other phones and bridges: what speaks as a device, receipts of which only the amount arrived, and an inbox that tells
-- of a phone gone silent. Tables whose checks change are made anew; foreign keys are off meanwhile (`migrate.rs`).

CREATE TABLE devices_new (
  id           INTEGER PRIMARY KEY,
  kind         TEXT NOT NULL CHECK (kind IN ('bridge', 'vmq', 'smsforwarder', 'receiptnotice', 'text')),
  name         TEXT NOT NULL,
  model        TEXT NOT NULL,
  app_version  TEXT NOT NULL,
  paired_at    INTEGER NOT NULL,
  revoked_at   INTEGER,
  last_seen_at INTEGER NOT NULL,
  health       TEXT,                                      -- the last heartbeat, verbatim JSON
  clock        TEXT NOT NULL,                             -- JSON: offset samples in ms, and what was known before the clock was set
  gap_ms       INTEGER,                                   -- learned rhythm
  silent_since INTEGER,
  trust_min    TEXT NOT NULL CHECK (trust_min IN ('amount_only', 'no_id', 'unpinned', 'pinned'))
) STRICT;
INSERT INTO devices_new
  SELECT id, 'bridge', name, model, app_version, paired_at, revoked_at, last_seen_at, health, clock, gap_ms, silent_since,
         trust_min FROM devices;
DROP TABLE devices;
ALTER TABLE devices_new RENAME TO devices;

CREATE TABLE receipts_new (
  id           INTEGER PRIMARY KEY,
  notice_id    INTEGER NOT NULL UNIQUE REFERENCES notices (id),
  device_id    INTEGER NOT NULL REFERENCES devices (id),
  account_id   INTEGER REFERENCES accounts (id),
  channel      TEXT NOT NULL,
  amount_fen   INTEGER NOT NULL CHECK (amount_fen > 0),
  payer        TEXT,
  remark       TEXT,
  announcer    TEXT NOT NULL,
  rule         TEXT NOT NULL,
  trust        TEXT NOT NULL CHECK (trust IN ('amount_only', 'no_id', 'unpinned', 'pinned')),
  arrived_from INTEGER NOT NULL,
  arrived_to   INTEGER NOT NULL,
  state        TEXT NOT NULL CHECK (state IN ('settled', 'echo', 'pin', 'inbox', 'dismissed')),
  echo_of      INTEGER REFERENCES receipts (id),
  CHECK ((state = 'echo') = (echo_of IS NOT NULL))
) STRICT;
INSERT INTO receipts_new
  SELECT id, notice_id, device_id, account_id, channel, amount_fen, payer, remark, announcer, rule, trust, arrived_from,
         arrived_to, state, echo_of FROM receipts;
DROP TABLE receipts;
ALTER TABLE receipts_new RENAME TO receipts;
CREATE INDEX receipts_near ON receipts (channel, arrived_from >> 28, amount_fen, arrived_from);
CREATE INDEX receipts_echoes ON receipts (echo_of) WHERE echo_of IS NOT NULL;

-- An inbox item is about one of: a notice, a claim, a phone.
CREATE TABLE inbox_new (
  id          INTEGER PRIMARY KEY,
  reason      TEXT NOT NULL,
  notice_id   INTEGER REFERENCES notices (id),
  claim_id    INTEGER UNIQUE REFERENCES claims (id),
  device_id   INTEGER REFERENCES devices (id),
  receipt_id  INTEGER UNIQUE REFERENCES receipts (id),
  state       TEXT NOT NULL CHECK (state IN ('open', 'settled', 'dismissed')),
  order_id    INTEGER REFERENCES orders (id),
  note        TEXT,
  created_at  INTEGER NOT NULL,
  resolved_at INTEGER,
  CHECK ((notice_id IS NOT NULL) + (claim_id IS NOT NULL) + (device_id IS NOT NULL) = 1)
) STRICT;
INSERT INTO inbox_new (id, reason, notice_id, claim_id, receipt_id, state, order_id, note, created_at, resolved_at)
  SELECT id, reason, notice_id, claim_id, receipt_id, state, order_id, note, created_at, resolved_at FROM inbox;
DROP TABLE inbox;
ALTER TABLE inbox_new RENAME TO inbox;
CREATE INDEX inbox_open ON inbox (id) WHERE state = 'open';
