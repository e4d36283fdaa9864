-- The books of official gateways: days compared, differences, the watched log of a personal account, transfers.

CREATE TABLE book_days (
  id           INTEGER PRIMARY KEY,
  book         TEXT NOT NULL CHECK (book IN ('bill', 'log')),
  account_id   INTEGER NOT NULL REFERENCES accounts (id),
  day          TEXT NOT NULL,                             -- in China, 2026-01-31
  state        TEXT NOT NULL CHECK (state IN ('waiting', 'compared', 'missing')),
  asked        INTEGER NOT NULL CHECK (asked >= 0),
  ask_at       INTEGER,
  payments     INTEGER NOT NULL,
  paid_fen     INTEGER NOT NULL,
  refunds      INTEGER NOT NULL,
  returned_fen INTEGER NOT NULL,
  differences  INTEGER NOT NULL,
  problem      TEXT,                                      -- the gateway's sub_code, where it refused
  detail       TEXT,                                      -- JSON: what only one of two announcers said
  finished_at  INTEGER,
  UNIQUE (account_id, book, day)
) STRICT;

-- Our numbers that were in a bill; `refund` is empty for the payment.
CREATE TABLE billed (
  account_id INTEGER NOT NULL REFERENCES accounts (id),
  number     TEXT NOT NULL,
  refund     TEXT NOT NULL,
  day        TEXT NOT NULL,
  PRIMARY KEY (account_id, number, refund)
) STRICT, WITHOUT ROWID;
CREATE INDEX refunds_done ON refunds (finished_at) WHERE state = 'done' AND way = 'gateway';

CREATE TABLE differences (
  id          INTEGER PRIMARY KEY,
  account_id  INTEGER NOT NULL REFERENCES accounts (id),
  day         TEXT NOT NULL,
  kind        TEXT NOT NULL,
  number      TEXT NOT NULL,
  refund      TEXT NOT NULL,                              -- empty where it is about no refund
  gateway_ref TEXT,
  order_id    INTEGER REFERENCES orders (id),
  ours_fen    INTEGER,
  theirs_fen  INTEGER,
  detail      TEXT NOT NULL,
  found_at    INTEGER NOT NULL,
  UNIQUE (account_id, day, kind, number, refund)
) STRICT;
CREATE TRIGGER differences_keep BEFORE UPDATE ON differences
BEGIN SELECT RAISE(ABORT, 'a difference is never changed'); END;

-- A personal account whose log is read with the keys of an official one.
CREATE TABLE watches (
  account_id    INTEGER PRIMARY KEY REFERENCES accounts (id),
  merchant_id   INTEGER NOT NULL REFERENCES accounts (id),
  device_id     INTEGER NOT NULL UNIQUE REFERENCES devices (id),
  since         INTEGER NOT NULL,
  ended_at      INTEGER,
  seen_until    INTEGER NOT NULL,
  ask_at        INTEGER NOT NULL,
  quiet         INTEGER NOT NULL CHECK (quiet >= 0),
  failing_since INTEGER
) STRICT;
-- A row of a log must not be announced for two accounts.
CREATE UNIQUE INDEX watches_log ON watches (merchant_id) WHERE ended_at IS NULL;

CREATE TABLE transfers (
  id           INTEGER PRIMARY KEY,
  account_id   INTEGER NOT NULL REFERENCES accounts (id),
  request_id   TEXT NOT NULL UNIQUE,
  number       TEXT NOT NULL UNIQUE,                      -- out_biz_no
  payee_kind   TEXT NOT NULL CHECK (payee_kind IN ('user_id', 'logon_id')),
  payee        TEXT NOT NULL,
  name         TEXT,
  amount_fen   INTEGER NOT NULL CHECK (amount_fen > 0),
  remark       TEXT NOT NULL,
  state        TEXT NOT NULL CHECK (state IN ('open', 'done', 'failed', 'returned')),
  gateway_ref  TEXT,
  problem      TEXT,
  actor        TEXT NOT NULL,
  day          TEXT NOT NULL,                             -- in China: the day whose bound it counts against
  requested_at INTEGER NOT NULL,
  finished_at  INTEGER,
  ask_at       INTEGER,
  asked        INTEGER NOT NULL CHECK (asked >= 0)
) STRICT;
CREATE INDEX transfers_due ON transfers (ask_at) WHERE ask_at IS NOT NULL;
CREATE INDEX transfers_day ON transfers (day);
CREATE TRIGGER transfers_keep BEFORE UPDATE OF account_id, request_id, number, payee_kind, payee, name, amount_fen, remark, day
  ON transfers
BEGIN SELECT RAISE(ABORT, 'what is sent never changes'); END;

-- The log of an account speaks as a device of a kind of its own.
CREATE TABLE devices_new (
  id           INTEGER PRIMARY KEY,
  kind         TEXT NOT NULL CHECK (kind IN ('bridge', 'vmq', 'smsforwarder', 'receiptnotice', 'text', 'bill')),
  name         TEXT NOT NULL,
  model        TEXT NOT NULL,
  app_version  TEXT NOT NULL,
  paired_at    INTEGER NOT NULL,
  revoked_at   INTEGER,
  last_seen_at INTEGER NOT NULL,
  health       TEXT,
  clock        TEXT NOT NULL,
  gap_ms       INTEGER,
  silent_since INTEGER,
  trust_min    TEXT NOT NULL CHECK (trust_min IN ('amount_only', 'no_id', 'unpinned', 'pinned'))
) STRICT;
INSERT INTO devices_new
  SELECT id, kind, name, model, app_version, paired_at, revoked_at, last_seen_at, health, clock, gap_ms, silent_since,
         trust_min FROM devices;
DROP TABLE devices;
ALTER TABLE devices_new RENAME TO devices;

-- An inbox item is about one of: a notice, a claim, a phone, an order, a difference.
CREATE TABLE inbox_new (
  id            INTEGER PRIMARY KEY,
  reason        TEXT NOT NULL,
  notice_id     INTEGER REFERENCES notices (id),
  claim_id      INTEGER UNIQUE REFERENCES claims (id),
  device_id     INTEGER REFERENCES devices (id),
  about_order   INTEGER REFERENCES orders (id),
  difference_id INTEGER UNIQUE REFERENCES differences (id),
  receipt_id    INTEGER UNIQUE REFERENCES receipts (id),
  state         TEXT NOT NULL CHECK (state IN ('open', 'settled', 'dismissed')),
  order_id      INTEGER REFERENCES orders (id),
  note          TEXT,
  created_at    INTEGER NOT NULL,
  resolved_at   INTEGER,
  CHECK ((notice_id IS NOT NULL) + (claim_id IS NOT NULL) + (device_id IS NOT NULL) + (about_order IS NOT NULL)
         + (difference_id IS NOT NULL) = 1)
) STRICT;
INSERT INTO inbox_new (id, reason, notice_id, claim_id, device_id, about_order, receipt_id, state, order_id, note, created_at,
                       resolved_at)
  SELECT id, reason, notice_id, claim_id, device_id, about_order, receipt_id, state, order_id, note, created_at, resolved_at
  FROM inbox;
DROP TABLE inbox;
ALTER TABLE inbox_new RENAME TO inbox;
CREATE INDEX inbox_open ON inbox (id) WHERE state = 'open';
