-- Memberships that renew themselves (周期扣款): agreements that readers signed, and the charges made by them.

-- How a membership renews itself: '1m' or '30d'; NULL: it does not.
ALTER TABLE products ADD COLUMN renews TEXT CHECK (renews GLOB '[1-9]*[dm]');
ALTER TABLE products ADD COLUMN renews_most_fen INTEGER CHECK (renews_most_fen > 0);
ALTER TABLE products ADD COLUMN renews_scene TEXT;

-- A charge is a trade that no reader goes to: an order has one number for each try, and one of each of the other ways.
CREATE TABLE trades_new (
  number      TEXT PRIMARY KEY,                           -- out_trade_no
  order_id    INTEGER NOT NULL REFERENCES orders (id),
  account_id  INTEGER NOT NULL REFERENCES accounts (id),
  way         TEXT NOT NULL CHECK (way IN ('code', 'wap', 'page', 'charge')),
  amount_fen  INTEGER NOT NULL CHECK (amount_fen > 0),
  state       TEXT NOT NULL CHECK (state IN ('open', 'paid', 'closed')),
  qr_code     TEXT,
  gateway_ref TEXT UNIQUE,                                -- trade_no, once it is known
  created_at  INTEGER NOT NULL,
  ends_at     INTEGER NOT NULL,                           -- from when on the gateway takes no payment for it
  ask_at      INTEGER,                                    -- when it is asked about next; NULL: not any more
  asked       INTEGER NOT NULL CHECK (asked >= 0)
) STRICT, WITHOUT ROWID;
INSERT INTO trades_new
  SELECT number, order_id, account_id, way, amount_fen, state, qr_code, gateway_ref, created_at, ends_at, ask_at, asked
  FROM trades;
DROP TABLE trades;
ALTER TABLE trades_new RENAME TO trades;
CREATE INDEX trades_due ON trades (ask_at) WHERE ask_at IS NOT NULL;
CREATE INDEX trades_order ON trades (order_id);
CREATE UNIQUE INDEX trades_way ON trades (order_id, way) WHERE way <> 'charge';

CREATE TABLE agreements (
  id         INTEGER PRIMARY KEY,
  number     TEXT NOT NULL UNIQUE                         -- external_agreement_no
             CHECK (length(number) BETWEEN 16 AND 32 AND number NOT GLOB '*[^A-Za-z0-9]*'),
  account_id INTEGER NOT NULL REFERENCES accounts (id),
  site_id    INTEGER NOT NULL REFERENCES sites (id),
  product_id INTEGER NOT NULL REFERENCES products (id),
  order_id   INTEGER NOT NULL REFERENCES orders (id),     -- the first of the orders whose time it prolongs
  scene      TEXT NOT NULL,
  gateway_no TEXT UNIQUE,                                 -- agreement_no, once it is known
  state      TEXT NOT NULL CHECK (state IN ('pending', 'normal', 'paused', 'ended')),
  ending     TEXT CHECK (ending IN ('reader', 'owner', 'wallet', 'lapsed', 'unpaid', 'refused', 'revoked', 'unsigned',
                                    'replaced')),
  every      TEXT NOT NULL CHECK (every GLOB '[1-9]*[dm]'),
  most_fen   INTEGER NOT NULL CHECK (most_fen > 0),       -- what the reader agreed to, for each charge
  due        TEXT NOT NULL CHECK (due GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]'),
  created_at INTEGER NOT NULL,
  signed_at  INTEGER,
  ended_at   INTEGER,
  look_at    INTEGER,                                     -- when it is asked about next, or its end told; NULL: not any more
  looked     INTEGER NOT NULL CHECK (looked >= 0),
  CHECK ((state = 'ended') = (ending IS NOT NULL)),
  CHECK ((state = 'ended') = (ended_at IS NOT NULL)),
  CHECK (state NOT IN ('normal', 'paused') OR (gateway_no IS NOT NULL AND signed_at IS NOT NULL)),
  -- Some months have no later day.
  CHECK (every GLOB '*d' OR CAST(substr(due, 9) AS INTEGER) <= 28)
) STRICT;
-- One membership is renewed by one agreement.
CREATE UNIQUE INDEX agreements_live ON agreements (order_id) WHERE state <> 'ended';
CREATE INDEX agreements_due ON agreements (due) WHERE state = 'normal';
CREATE INDEX agreements_look ON agreements (look_at) WHERE look_at IS NOT NULL;

-- One try to charge one period. It is written before the gateway hears of it.
CREATE TABLE charges (
  number       TEXT PRIMARY KEY REFERENCES trades (number),
  agreement_id INTEGER NOT NULL REFERENCES agreements (id),
  due          TEXT NOT NULL CHECK (due GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]'),
  attempt      INTEGER NOT NULL CHECK (attempt >= 1),
  order_id     INTEGER NOT NULL REFERENCES orders (id),
  amount_fen   INTEGER NOT NULL CHECK (amount_fen > 0),
  subject      TEXT NOT NULL,
  state        TEXT NOT NULL CHECK (state IN ('planned', 'asked', 'unknown', 'paid', 'failed')),
  problem      TEXT,
  planned_at   INTEGER NOT NULL,
  asked_at     INTEGER,
  finished_at  INTEGER,
  next_at      INTEGER,                                   -- when something is done about it next; NULL: nothing any more
  asked        INTEGER NOT NULL CHECK (asked >= 0),
  UNIQUE (agreement_id, due, attempt),
  CHECK ((state IN ('paid', 'failed')) = (finished_at IS NOT NULL)),
  CHECK (state IN ('planned', 'failed') OR asked_at IS NOT NULL),
  CHECK (state NOT IN ('paid', 'failed') OR next_at IS NULL)
) STRICT, WITHOUT ROWID;
-- A period has at most one charge that took money or may still take it: no second number while the first is not known to
-- have failed.
CREATE UNIQUE INDEX charges_live ON charges (agreement_id, due) WHERE state <> 'failed';
CREATE INDEX charges_next ON charges (next_at) WHERE next_at IS NOT NULL;
-- What was paid stays paid, and a number stands for one charge for good.
CREATE TRIGGER charges_keep BEFORE UPDATE ON charges
WHEN OLD.state = 'paid' OR NEW.number <> OLD.number OR NEW.agreement_id <> OLD.agreement_id OR NEW.due <> OLD.due
  OR NEW.amount_fen <> OLD.amount_fen OR NEW.order_id <> OLD.order_id
BEGIN SELECT RAISE(ABORT, 'a charge that was paid, and what a charge is for, never change'); END;
CREATE TRIGGER charges_never_forgotten BEFORE DELETE ON charges
BEGIN SELECT RAISE(ABORT, 'a charge is never forgotten'); END;
