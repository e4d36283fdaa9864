-- The right to read: terms of sale, keys of sealed texts, seats, claims and coupons.

-- What a product opens, for how long, where it stands, and which of its keys are given out.
ALTER TABLE products ADD COLUMN kind TEXT NOT NULL DEFAULT 'article' CHECK (kind IN ('article', 'bundle', 'membership'));
ALTER TABLE products ADD COLUMN validity_ms INTEGER CHECK (validity_ms > 0);         -- NULL: for ever
ALTER TABLE products ADD COLUMN url TEXT;
ALTER TABLE products ADD COLUMN key_current INTEGER NOT NULL DEFAULT 1 CHECK (key_current >= 1);
ALTER TABLE products ADD COLUMN key_oldest INTEGER NOT NULL DEFAULT 1 CHECK (key_oldest BETWEEN 1 AND key_current);
CREATE INDEX products_memberships ON products (site_id) WHERE kind = 'membership';

CREATE TABLE product_opens (
  bundle_id  INTEGER NOT NULL REFERENCES products (id),
  product_id INTEGER NOT NULL REFERENCES products (id),
  PRIMARY KEY (bundle_id, product_id),
  CHECK (bundle_id <> product_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX product_opens_product ON product_opens (product_id);

ALTER TABLE sites ADD COLUMN seats_max INTEGER NOT NULL DEFAULT 5 CHECK (seats_max >= 1);
ALTER TABLE sites ADD COLUMN sealing_epoch INTEGER NOT NULL DEFAULT 1 CHECK (sealing_epoch >= 1);

CREATE TABLE coupons (
  id         INTEGER PRIMARY KEY,
  site_id    INTEGER NOT NULL REFERENCES sites (id),
  product_id INTEGER REFERENCES products (id),            -- NULL: good for all of the site
  code       TEXT NOT NULL,
  amount_fen INTEGER CHECK (amount_fen > 0),
  percent    INTEGER CHECK (percent BETWEEN 1 AND 99),
  uses_max   INTEGER CHECK (uses_max > 0),
  expires_at INTEGER,
  created_at INTEGER NOT NULL,
  removed_at INTEGER,                                     -- kept: orders still name it
  CHECK ((amount_fen IS NULL) <> (percent IS NULL))
) STRICT;
CREATE UNIQUE INDEX coupons_code ON coupons (site_id, code) WHERE removed_at IS NULL;

ALTER TABLE orders ADD COLUMN list_price_fen INTEGER CHECK (list_price_fen > 0);     -- NULL: the price, no coupon
ALTER TABLE orders ADD COLUMN coupon_id INTEGER REFERENCES coupons (id);
ALTER TABLE orders ADD COLUMN renews_id INTEGER REFERENCES orders (id);             -- the first of a row of renewals
CREATE INDEX orders_renewals ON orders (renews_id) WHERE renews_id IS NOT NULL;
-- How often a coupon is used is counted, never kept beside the orders: it cannot be wrong.
CREATE INDEX orders_coupon ON orders (coupon_id, status) WHERE coupon_id IS NOT NULL;

ALTER TABLE unlocks ADD COLUMN expires_at INTEGER;                                   -- NULL: never
ALTER TABLE unlocks ADD COLUMN buyer_out_at INTEGER;

CREATE TABLE seats (
  id            INTEGER PRIMARY KEY,
  unlock_id     INTEGER NOT NULL REFERENCES unlocks (id),
  reader        INTEGER,                                  -- keyed hash of the browser's own capability
  label         TEXT NOT NULL,
  created_at    INTEGER NOT NULL,
  seen_at       INTEGER NOT NULL,
  signed_out_at INTEGER
) STRICT;
CREATE INDEX seats_unlock ON seats (unlock_id) WHERE signed_out_at IS NULL;
CREATE UNIQUE INDEX seats_reader ON seats (unlock_id, reader) WHERE signed_out_at IS NULL AND reader IS NOT NULL;

CREATE TABLE claims (
  id            INTEGER PRIMARY KEY,
  site_id       INTEGER NOT NULL REFERENCES sites (id),
  product_id    INTEGER NOT NULL REFERENCES products (id),
  order_id      INTEGER REFERENCES orders (id),
  amount_fen    INTEGER NOT NULL CHECK (amount_fen > 0),
  paid_at       INTEGER NOT NULL,
  digits        TEXT NOT NULL,
  note          TEXT,
  created_at    INTEGER NOT NULL,
  paid_by_grant INTEGER NOT NULL DEFAULT 0 CHECK (paid_by_grant IN (0, 1))
) STRICT;

-- An inbox item is about a notice or about a claim.
CREATE TABLE inbox_new (
  id          INTEGER PRIMARY KEY,
  reason      TEXT NOT NULL,
  notice_id   INTEGER REFERENCES notices (id),
  claim_id    INTEGER UNIQUE REFERENCES claims (id),
  receipt_id  INTEGER UNIQUE REFERENCES receipts (id),
  state       TEXT NOT NULL CHECK (state IN ('open', 'settled', 'dismissed')),
  order_id    INTEGER REFERENCES orders (id),
  note        TEXT,
  created_at  INTEGER NOT NULL,
  resolved_at INTEGER,
  CHECK ((notice_id IS NULL) <> (claim_id IS NULL))
) STRICT;
INSERT INTO inbox_new (id, reason, notice_id, receipt_id, state, order_id, note, created_at, resolved_at)
  SELECT id, reason, notice_id, receipt_id, state, order_id, note, created_at, resolved_at FROM inbox;
DROP TABLE inbox;
ALTER TABLE inbox_new RENAME TO inbox;
CREATE INDEX inbox_open ON inbox (id) WHERE state = 'open';
