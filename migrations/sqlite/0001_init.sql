-- Matcha's first schema. Never edited after release: a change is a new file.
-- Times are milliseconds since 1970-01-01T00:00:00Z, money is fen, ids are snowflakes made by the program.

CREATE TABLE accounts (
  id          INTEGER PRIMARY KEY,
  name        TEXT NOT NULL,
  channel     TEXT NOT NULL CHECK (channel IN ('wechat', 'alipay', 'alipay_official')),
  distinguish TEXT NOT NULL CHECK (distinguish IN ('amount', 'remark')),
  created_at  INTEGER NOT NULL
) STRICT;

CREATE TABLE codes (
  id         INTEGER PRIMARY KEY,
  account_id INTEGER NOT NULL REFERENCES accounts (id),
  amount_fen INTEGER CHECK (amount_fen > 0),              -- NULL: an open code
  remark     TEXT NOT NULL,
  payload    TEXT,                                        -- NULL: nothing could be read
  verified   INTEGER NOT NULL CHECK (verified IN (0, 1)),
  png        BLOB NOT NULL,                               -- drawn or re-encoded by us, never the upload
  created_at INTEGER NOT NULL,
  removed_at INTEGER                                      -- kept: orders still show it
) STRICT;
CREATE UNIQUE INDEX codes_key ON codes (account_id, ifnull(amount_fen, 0), remark) WHERE removed_at IS NULL;

CREATE TABLE sites (
  id                INTEGER PRIMARY KEY,
  slug              TEXT NOT NULL UNIQUE,
  name              TEXT NOT NULL,
  origins           TEXT NOT NULL,                        -- JSON array of exact origins
  pay_window_ms     INTEGER NOT NULL CHECK (pay_window_ms > 0),
  cool_down_ms      INTEGER NOT NULL CHECK (cool_down_ms > 0),
  max_discount_fen  INTEGER NOT NULL CHECK (max_discount_fen >= 0),
  max_surcharge_fen INTEGER NOT NULL CHECK (max_surcharge_fen >= 0),
  ip_ownership      INTEGER NOT NULL CHECK (ip_ownership IN (0, 1)),
  created_at        INTEGER NOT NULL
) STRICT;

CREATE TABLE site_accounts (
  site_id    INTEGER NOT NULL REFERENCES sites (id),
  account_id INTEGER NOT NULL REFERENCES accounts (id),
  PRIMARY KEY (site_id, account_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE products (
  id         INTEGER PRIMARY KEY,
  site_id    INTEGER NOT NULL REFERENCES sites (id),
  slug       TEXT NOT NULL,
  title      TEXT NOT NULL,
  price_fen  INTEGER NOT NULL CHECK (price_fen > 0),
  lock       TEXT NOT NULL CHECK (lock IN ('hosted', 'sealed', 'reveal')),
  html       TEXT,
  created_at INTEGER NOT NULL,
  UNIQUE (site_id, slug)
) STRICT;

CREATE TABLE devices (
  id           INTEGER PRIMARY KEY,
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
  trust_min    TEXT NOT NULL CHECK (trust_min IN ('no_id', 'unpinned', 'pinned'))
) STRICT;

CREATE TABLE device_accounts (
  device_id  INTEGER NOT NULL REFERENCES devices (id),
  account_id INTEGER NOT NULL REFERENCES accounts (id),
  PRIMARY KEY (device_id, account_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX device_accounts_account ON device_accounts (account_id);

-- The notification id that stands for an announcer on one phone, learned from a ¥0.01 payment.
CREATE TABLE device_pins (
  device_id       INTEGER NOT NULL REFERENCES devices (id),
  package         TEXT NOT NULL,
  announcer       TEXT NOT NULL,
  profile         INTEGER NOT NULL,                       -- the Android user: a cloned app is another announcer
  notification_id INTEGER NOT NULL,
  pinned_at       INTEGER NOT NULL,
  PRIMARY KEY (device_id, package, announcer, profile)
) STRICT, WITHOUT ROWID;

CREATE TABLE pairings (
  code_hash  BLOB PRIMARY KEY,                            -- SHA-256 of the code
  accounts   TEXT NOT NULL,                               -- JSON array of account ids
  expires_at INTEGER NOT NULL,
  used_at    INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE message_ids (
  device_id INTEGER NOT NULL,
  id        TEXT NOT NULL,
  seen_at   INTEGER NOT NULL,
  body_hash BLOB NOT NULL,
  PRIMARY KEY (device_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX message_ids_age ON message_ids (seen_at);

CREATE TABLE orders (
  id              INTEGER PRIMARY KEY,
  site_id         INTEGER NOT NULL REFERENCES sites (id),
  product_id      INTEGER NOT NULL REFERENCES products (id),
  status          TEXT NOT NULL CHECK (status IN ('pending', 'paid', 'expired', 'cancelled', 'refunded')),
  price_fen       INTEGER NOT NULL CHECK (price_fen > 0),
  amount_fen      INTEGER NOT NULL CHECK (amount_fen > 0),
  channel         TEXT NOT NULL,
  account_id      INTEGER NOT NULL REFERENCES accounts (id),
  code_id         INTEGER NOT NULL REFERENCES codes (id),
  client_order_id TEXT,
  created_at      INTEGER NOT NULL,
  expires_at      INTEGER NOT NULL,
  extensions_left INTEGER NOT NULL,
  late            INTEGER NOT NULL CHECK (late IN (0, 1)),
  paid_at         INTEGER,
  version         INTEGER NOT NULL,
  reader          INTEGER,                                -- keyed hashes: the address itself is never stored
  address         INTEGER NOT NULL,
  owner_address   INTEGER
) STRICT;
CREATE UNIQUE INDEX orders_client_id ON orders (site_id, client_order_id) WHERE client_order_id IS NOT NULL;
CREATE INDEX orders_live_reader ON orders (reader) WHERE status = 'pending' AND reader IS NOT NULL;
CREATE INDEX orders_live_address ON orders (address) WHERE status = 'pending';
CREATE INDEX orders_due ON orders (expires_at) WHERE status = 'pending';
CREATE INDEX orders_owner_address ON orders (owner_address, product_id) WHERE owner_address IS NOT NULL;

-- M2: at most one live hold per (account, amount, remark). The index, not a SELECT before it, keeps the rule.
CREATE TABLE holds (
  order_id       INTEGER PRIMARY KEY REFERENCES orders (id),
  account_id     INTEGER NOT NULL REFERENCES accounts (id),
  amount_fen     INTEGER NOT NULL CHECK (amount_fen > 0),
  remark         TEXT NOT NULL,
  starts_at      INTEGER NOT NULL,
  window_ends_at INTEGER NOT NULL CHECK (window_ends_at >= starts_at),
  release_at     INTEGER NOT NULL CHECK (release_at >= window_ends_at),
  live           INTEGER NOT NULL CHECK (live IN (0, 1))
) STRICT;
CREATE UNIQUE INDEX holds_live ON holds (account_id, amount_fen, remark) WHERE live = 1;
CREATE INDEX holds_due ON holds (release_at) WHERE live = 1;
CREATE INDEX holds_history ON holds (account_id, amount_fen, starts_at);

CREATE TABLE notices (
  id              INTEGER PRIMARY KEY,
  device_id       INTEGER NOT NULL REFERENCES devices (id),
  fingerprint     BLOB NOT NULL UNIQUE,                   -- M9
  raw             TEXT NOT NULL,                          -- verbatim JSON; no statement updates it (M3)
  posted_at       INTEGER NOT NULL,
  received_at     INTEGER NOT NULL,
  clock_offset_ms INTEGER NOT NULL,                       -- what to add to the phone's time, at least
  clock_jitter_ms INTEGER NOT NULL CHECK (clock_jitter_ms >= 0), -- and how much more it may be
  read_as         TEXT NOT NULL CHECK (read_as IN ('pending', 'receipt', 'refused', 'hint', 'unread')),
  rule            TEXT
) STRICT;
CREATE INDEX notices_pending ON notices (id) WHERE read_as = 'pending';
CREATE INDEX notices_unread ON notices (id) WHERE read_as = 'unread';
CREATE TRIGGER notices_keep_raw BEFORE UPDATE OF raw, fingerprint, posted_at, received_at, device_id ON notices
BEGIN SELECT RAISE(ABORT, 'a notice is never changed'); END;

CREATE TABLE receipts (
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
  trust        TEXT NOT NULL CHECK (trust IN ('no_id', 'unpinned', 'pinned')),
  arrived_from INTEGER NOT NULL,
  arrived_to   INTEGER NOT NULL,
  state        TEXT NOT NULL CHECK (state IN ('settled', 'echo', 'pin', 'inbox', 'dismissed')),
  echo_of      INTEGER REFERENCES receipts (id),
  CHECK ((state = 'echo') = (echo_of IS NOT NULL))
) STRICT;
CREATE INDEX receipts_near ON receipts (channel, amount_fen, arrived_from);
CREATE INDEX receipts_echoes ON receipts (echo_of) WHERE echo_of IS NOT NULL;

-- M4: one order has at most one settlement, one receipt settles at most one order. An undone one stays on record.
CREATE TABLE settlements (
  id          INTEGER PRIMARY KEY,
  order_id    INTEGER NOT NULL REFERENCES orders (id),
  receipt_id  INTEGER REFERENCES receipts (id),
  gateway_ref TEXT,                                       -- an official gateway's trade number
  by_owner    INTEGER NOT NULL CHECK (by_owner IN (0, 1)),
  settled_at  INTEGER NOT NULL,
  undone_at   INTEGER,
  before      TEXT NOT NULL,                              -- the order's status before, for an undo
  CHECK (receipt_id IS NOT NULL OR gateway_ref IS NOT NULL OR by_owner = 1)   -- M5
) STRICT;
CREATE UNIQUE INDEX settlements_order ON settlements (order_id) WHERE undone_at IS NULL;
CREATE UNIQUE INDEX settlements_receipt ON settlements (receipt_id) WHERE undone_at IS NULL AND receipt_id IS NOT NULL;
CREATE UNIQUE INDEX settlements_gateway ON settlements (gateway_ref) WHERE undone_at IS NULL AND gateway_ref IS NOT NULL;

CREATE TABLE unlocks (
  id         INTEGER PRIMARY KEY,
  order_id   INTEGER NOT NULL REFERENCES orders (id),
  site_id    INTEGER NOT NULL REFERENCES sites (id),
  product_id INTEGER NOT NULL REFERENCES products (id),
  code_hash  BLOB NOT NULL UNIQUE,                        -- SHA-256 of the recovery code
  issued_at  INTEGER NOT NULL,
  revoked_at INTEGER
) STRICT;
CREATE UNIQUE INDEX unlocks_order ON unlocks (order_id) WHERE revoked_at IS NULL;

CREATE TABLE inbox (
  id          INTEGER PRIMARY KEY,
  reason      TEXT NOT NULL,
  notice_id   INTEGER NOT NULL REFERENCES notices (id),
  receipt_id  INTEGER UNIQUE REFERENCES receipts (id),
  state       TEXT NOT NULL CHECK (state IN ('open', 'settled', 'dismissed')),
  order_id    INTEGER REFERENCES orders (id),
  note        TEXT,
  created_at  INTEGER NOT NULL,
  resolved_at INTEGER
) STRICT;
CREATE INDEX inbox_open ON inbox (id) WHERE state = 'open';

-- M11: append-only, by trigger.
CREATE TABLE log (
  id      INTEGER PRIMARY KEY,
  at      INTEGER NOT NULL,
  subject INTEGER NOT NULL,                               -- the id of what it is about; ids are unique over all tables
  act     TEXT NOT NULL,
  actor   TEXT NOT NULL,
  cause   TEXT NOT NULL
) STRICT;
CREATE INDEX log_subject ON log (subject, id);
CREATE TRIGGER log_append_only_update BEFORE UPDATE ON log BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER log_append_only_delete BEFORE DELETE ON log BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;

CREATE TABLE api_keys (
  id         INTEGER PRIMARY KEY,
  name       TEXT NOT NULL,
  hash       BLOB NOT NULL UNIQUE,                        -- SHA-256 of the key
  scope      TEXT NOT NULL CHECK (scope IN ('owner')),
  created_at INTEGER NOT NULL,
  revoked_at INTEGER
) STRICT;

-- One row that a probe of the disk rewrites.
CREATE TABLE pulse (id INTEGER PRIMARY KEY CHECK (id = 1), beats INTEGER NOT NULL) STRICT;
INSERT INTO pulse VALUES (1, 0);

-- How many rows are in each state, kept by triggers: counting a million orders for each scrape of the metrics would
-- take longer than everything else the server does.
CREATE TABLE counts (kind TEXT NOT NULL, state TEXT NOT NULL, rows INTEGER NOT NULL, PRIMARY KEY (kind, state))
  STRICT, WITHOUT ROWID;
INSERT INTO counts VALUES
  ('orders', 'pending', 0), ('orders', 'paid', 0), ('orders', 'expired', 0), ('orders', 'cancelled', 0),
  ('orders', 'refunded', 0),
  ('notices', 'pending', 0), ('notices', 'receipt', 0), ('notices', 'refused', 0), ('notices', 'hint', 0),
  ('notices', 'unread', 0),
  ('receipts', 'settled', 0), ('receipts', 'echo', 0), ('receipts', 'pin', 0), ('receipts', 'inbox', 0),
  ('receipts', 'dismissed', 0);
CREATE TRIGGER orders_count_in AFTER INSERT ON orders
BEGIN UPDATE counts SET rows = rows + 1 WHERE kind = 'orders' AND state = new.status; END;
CREATE TRIGGER orders_count_move AFTER UPDATE OF status ON orders WHEN old.status <> new.status
BEGIN
  UPDATE counts SET rows = rows - 1 WHERE kind = 'orders' AND state = old.status;
  UPDATE counts SET rows = rows + 1 WHERE kind = 'orders' AND state = new.status;
END;
CREATE TRIGGER notices_count_in AFTER INSERT ON notices
BEGIN UPDATE counts SET rows = rows + 1 WHERE kind = 'notices' AND state = new.read_as; END;
CREATE TRIGGER notices_count_move AFTER UPDATE OF read_as ON notices WHEN old.read_as <> new.read_as
BEGIN
  UPDATE counts SET rows = rows - 1 WHERE kind = 'notices' AND state = old.read_as;
  UPDATE counts SET rows = rows + 1 WHERE kind = 'notices' AND state = new.read_as;
END;
CREATE TRIGGER receipts_count_in AFTER INSERT ON receipts
BEGIN UPDATE counts SET rows = rows + 1 WHERE kind = 'receipts' AND state = new.state; END;
CREATE TRIGGER receipts_count_move AFTER UPDATE OF state ON receipts WHEN old.state <> new.state
BEGIN
  UPDATE counts SET rows = rows - 1 WHERE kind = 'receipts' AND state = old.state;
  UPDATE counts SET rows = rows + 1 WHERE kind = 'receipts' AND state = new.state;
END;
CREATE TRIGGER orders_count_out AFTER DELETE ON orders
BEGIN UPDATE counts SET rows = rows - 1 WHERE kind = 'orders' AND state = old.status; END;
