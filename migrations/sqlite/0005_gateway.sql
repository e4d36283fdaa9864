-- The official Alipay path: accounts with keys, trades at the gateway, what it said, refunds.

-- An order whose money the gateway tells apart by its own number needs neither code nor hold.
CREATE TABLE orders_new (
  id              INTEGER PRIMARY KEY,
  site_id         INTEGER NOT NULL REFERENCES sites (id),
  product_id      INTEGER NOT NULL REFERENCES products (id),
  status          TEXT NOT NULL CHECK (status IN ('pending', 'paid', 'expired', 'cancelled', 'refunded')),
  price_fen       INTEGER NOT NULL CHECK (price_fen > 0),
  amount_fen      INTEGER NOT NULL CHECK (amount_fen > 0),
  channel         TEXT NOT NULL,
  account_id      INTEGER NOT NULL REFERENCES accounts (id),
  code_id         INTEGER REFERENCES codes (id),
  client_order_id TEXT,
  created_at      INTEGER NOT NULL,
  expires_at      INTEGER NOT NULL,
  extensions_left INTEGER NOT NULL,
  late            INTEGER NOT NULL CHECK (late IN (0, 1)),
  paid_at         INTEGER,
  version         INTEGER NOT NULL,
  reader          INTEGER,
  address         INTEGER NOT NULL,
  owner_address   INTEGER,
  list_price_fen  INTEGER CHECK (list_price_fen > 0),
  coupon_id       INTEGER REFERENCES coupons (id),
  renews_id       INTEGER REFERENCES orders (id),
  CHECK ((code_id IS NULL) = (channel = 'alipay_official'))
) STRICT;
INSERT INTO orders_new
  SELECT id, site_id, product_id, status, price_fen, amount_fen, channel, account_id, code_id, client_order_id, created_at,
         expires_at, extensions_left, late, paid_at, version, reader, address, owner_address, list_price_fen, coupon_id,
         renews_id FROM orders;
DROP TABLE orders;
ALTER TABLE orders_new RENAME TO orders;
CREATE UNIQUE INDEX orders_client_id ON orders (site_id, client_order_id) WHERE client_order_id IS NOT NULL;
CREATE INDEX orders_due ON orders (expires_at) WHERE status = 'pending';
CREATE INDEX orders_owner_address ON orders (owner_address, product_id) WHERE owner_address IS NOT NULL;
CREATE INDEX orders_renewals ON orders (renews_id) WHERE renews_id IS NOT NULL;
CREATE INDEX orders_coupon ON orders (coupon_id, status) WHERE coupon_id IS NOT NULL;

CREATE TABLE merchants (
  account_id INTEGER PRIMARY KEY REFERENCES accounts (id),
  app_id     TEXT NOT NULL,
  seller_id  TEXT,                                        -- NULL: not known, so not compared
  sealed     BLOB NOT NULL,                               -- keys and gateway, encrypted under the master key
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX merchants_app ON merchants (app_id);

-- One number at the gateway, for one order. A reader who changes from the code to the button has two.
CREATE TABLE trades (
  number      TEXT PRIMARY KEY,                           -- out_trade_no
  order_id    INTEGER NOT NULL REFERENCES orders (id),
  account_id  INTEGER NOT NULL REFERENCES accounts (id),
  way         TEXT NOT NULL CHECK (way IN ('code', 'wap', 'page')),
  amount_fen  INTEGER NOT NULL CHECK (amount_fen > 0),
  state       TEXT NOT NULL CHECK (state IN ('open', 'paid', 'closed')),
  qr_code     TEXT,
  gateway_ref TEXT UNIQUE,                                -- trade_no, once it is known
  created_at  INTEGER NOT NULL,
  ends_at     INTEGER NOT NULL,                           -- from when on the gateway takes no payment for it
  ask_at      INTEGER,                                    -- when it is asked about next; NULL: not any more
  asked       INTEGER NOT NULL CHECK (asked >= 0),
  UNIQUE (order_id, way)
) STRICT, WITHOUT ROWID;
CREATE INDEX trades_due ON trades (ask_at) WHERE ask_at IS NOT NULL;

-- What the gateway told us and we believed, verbatim (M3, M11).
CREATE TABLE gateway_messages (
  id          INTEGER PRIMARY KEY,
  account_id  INTEGER NOT NULL REFERENCES accounts (id),
  kind        TEXT NOT NULL,                              -- notify_type
  number      TEXT,
  hash        BLOB NOT NULL UNIQUE,                       -- SHA-256 of the text that was signed
  raw         TEXT NOT NULL,
  received_at INTEGER NOT NULL
) STRICT;
CREATE INDEX gateway_messages_number ON gateway_messages (number) WHERE number IS NOT NULL;
CREATE TRIGGER gateway_messages_keep BEFORE UPDATE ON gateway_messages
BEGIN SELECT RAISE(ABORT, 'what the gateway said is never changed'); END;

CREATE TABLE refunds (
  id           INTEGER PRIMARY KEY,
  order_id     INTEGER NOT NULL REFERENCES orders (id),
  request_id   TEXT,                                      -- the caller's own, so that a repeated call is one refund
  amount_fen   INTEGER NOT NULL CHECK (amount_fen > 0),
  way          TEXT NOT NULL CHECK (way IN ('by_hand', 'gateway')),
  state        TEXT NOT NULL CHECK (state IN ('open', 'done', 'failed')),
  number       TEXT UNIQUE,                               -- out_request_no
  reason       TEXT NOT NULL,
  proof        TEXT,                                      -- by hand: the wallet's own number, or what the owner noted
  actor        TEXT NOT NULL,
  revokes      INTEGER NOT NULL CHECK (revokes IN (0, 1)),
  problem      TEXT,                                      -- the gateway's sub_code, where it failed
  requested_at INTEGER NOT NULL,
  finished_at  INTEGER,
  ask_at       INTEGER,
  asked        INTEGER NOT NULL CHECK (asked >= 0),
  CHECK ((way = 'gateway') = (number IS NOT NULL)),
  UNIQUE (order_id, request_id)
) STRICT;
CREATE INDEX refunds_due ON refunds (ask_at) WHERE ask_at IS NOT NULL;

-- An inbox item is about one of: a notice, a claim, a phone, an order.
CREATE TABLE inbox_new (
  id          INTEGER PRIMARY KEY,
  reason      TEXT NOT NULL,
  notice_id   INTEGER REFERENCES notices (id),
  claim_id    INTEGER UNIQUE REFERENCES claims (id),
  device_id   INTEGER REFERENCES devices (id),
  about_order INTEGER REFERENCES orders (id),
  receipt_id  INTEGER UNIQUE REFERENCES receipts (id),
  state       TEXT NOT NULL CHECK (state IN ('open', 'settled', 'dismissed')),
  order_id    INTEGER REFERENCES orders (id),
  note        TEXT,
  created_at  INTEGER NOT NULL,
  resolved_at INTEGER,
  CHECK ((notice_id IS NOT NULL) + (claim_id IS NOT NULL) + (device_id IS NOT NULL) + (about_order IS NOT NULL) = 1)
) STRICT;
INSERT INTO inbox_new (id, reason, notice_id, claim_id, device_id, receipt_id, state, order_id, note, created_at, resolved_at)
  SELECT id, reason, notice_id, claim_id, device_id, receipt_id, state, order_id, note, created_at, resolved_at FROM inbox;
DROP TABLE inbox;
ALTER TABLE inbox_new RENAME TO inbox;
CREATE INDEX inbox_open ON inbox (id) WHERE state = 'open';
