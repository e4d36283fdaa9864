-- A refund knows which trade it pays back, because an order may have been paid by two, and when it was sent last, because
-- the gateway tells only some seconds later what became of it.
ALTER TABLE refunds ADD COLUMN trade TEXT REFERENCES trades (number);    -- NULL: by hand
ALTER TABLE refunds ADD COLUMN sent_at INTEGER;
UPDATE refunds SET trade = (
  SELECT t.number FROM settlements s JOIN trades t ON t.order_id = s.order_id AND t.gateway_ref = s.gateway_ref
  WHERE s.order_id = refunds.order_id AND s.undone_at IS NULL
) WHERE way = 'gateway';
