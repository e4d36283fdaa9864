-- What is not known yet: when something was last sent, so that nothing is taken for lost while it may be on its way.

-- What waits for an answer now was sent before it is spoken of again.
ALTER TABLE charges ADD COLUMN sent_at INTEGER;
UPDATE charges SET sent_at = ifnull(next_at, asked_at) WHERE state IN ('asked', 'unknown');
ALTER TABLE transfers ADD COLUMN sent_at INTEGER;
UPDATE transfers SET sent_at = ifnull(ask_at, requested_at) WHERE state = 'open' AND asked > 0;

-- The payments of a day that a bill has to have.
CREATE INDEX settlements_paid_at ON settlements (settled_at) WHERE gateway_ref IS NOT NULL AND undone_at IS NULL;
