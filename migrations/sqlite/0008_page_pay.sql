-- Where a site asks for it, readers at a computer are also led to the official gateway's page (page.pay).

ALTER TABLE sites ADD COLUMN page_pay INTEGER NOT NULL DEFAULT 0 CHECK (page_pay IN (0, 1));
