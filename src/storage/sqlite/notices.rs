//! Notices, receipts and the inbox.

use rusqlite::{Row, named_params, params};

use super::sql::{all, change, insert, one};
use super::{Lend, Unit, bucket};
use crate::domain::channel::Channel;
use crate::domain::id::{AccountId, DeviceId, InboxId, NoticeId, OrderId, ReceiptId};
use crate::domain::matching::{Earlier, Voice};
use crate::domain::money::Fen;
use crate::domain::receipt::{
    Arrival, InboxItem, InboxState, Matter, Notice, ReadAs, Reason, Receipt, ReceiptState,
};
use crate::domain::time::Timestamp;
use crate::limits;
use crate::storage::verbs::{Inserted, NoticeRead, NoticeWrite, Page, Result};

const NOTICE: &str = "id, device_id, fingerprint, raw, posted_at, received_at, clock_offset_ms, clock_jitter_ms, read_as, rule";
const RECEIPT: &str = "id, notice_id, device_id, account_id, channel, amount_fen, payer, remark, announcer, rule, trust, \
                       arrived_from, arrived_to, state, echo_of";
const INBOX: &str = "id, reason, notice_id, claim_id, device_id, about_order, difference_id, receipt_id, state, order_id, note, created_at, resolved_at";

fn notice(row: &Row<'_>) -> rusqlite::Result<Notice> {
    Ok(Notice {
        id: row.get(0)?,
        device: row.get(1)?,
        fingerprint: row.get(2)?,
        raw: row.get(3)?,
        posted_at: row.get(4)?,
        received_at: row.get(5)?,
        clock_offset: row.get(6)?,
        clock_jitter: row.get(7)?,
        read_as: row.get(8)?,
        rule: row.get(9)?,
    })
}

fn receipt(row: &Row<'_>) -> rusqlite::Result<Receipt> {
    Ok(Receipt {
        id: row.get(0)?,
        notice: row.get(1)?,
        device: row.get(2)?,
        account: row.get(3)?,
        channel: row.get(4)?,
        amount: row.get(5)?,
        payer: row.get(6)?,
        remark: row.get(7)?,
        announcer: row.get(8)?,
        rule: row.get(9)?,
        trust: row.get(10)?,
        arrival: Arrival { from: row.get(11)?, to: row.get(12)? },
        state: row.get(13)?,
        echo_of: row.get(14)?,
    })
}

fn inbox_item(row: &Row<'_>) -> rusqlite::Result<InboxItem> {
    Ok(InboxItem {
        id: row.get(0)?,
        reason: row.get(1)?,
        matter: match (row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?) {
            (Some(claim), _, _, _) => Matter::Claim(claim),
            (None, Some(device), _, _) => Matter::Device(device),
            (None, None, Some(order), _) => Matter::Order(order),
            (None, None, None, Some(difference)) => Matter::Difference(difference),
            (None, None, None, None) => Matter::Notice(row.get(2)?),
        },
        receipt: row.get(7)?,
        state: row.get(8)?,
        order: row.get(9)?,
        note: row.get(10)?,
        created_at: row.get(11)?,
        resolved_at: row.get(12)?,
    })
}

impl<T: Lend> NoticeRead for T {
    fn notice(&self, id: NoticeId) -> Result<Option<Notice>> {
        one(self.conn(), &format!("SELECT {NOTICE} FROM notices WHERE id = ?"), [id], notice)
    }

    fn notices(&self, read_as: Option<ReadAs>, device: Option<DeviceId>, page: Page) -> Result<Vec<Notice>> {
        let sql = format!(
            "SELECT {NOTICE} FROM notices
             WHERE id < :before AND (:read_as IS NULL OR read_as = :read_as) AND (:device IS NULL OR device_id = :device)
             ORDER BY id DESC LIMIT :limit"
        );
        let before = page.before.unwrap_or(i64::MAX);
        let params =
            named_params! {":before": before, ":read_as": read_as, ":device": device, ":limit": page.limit};
        all(self.conn(), &sql, params, notice)
    }

    fn notices_after(&self, read_as: ReadAs, after: i64, limit: u32) -> Result<Vec<Notice>> {
        // The two kinds that are read again have partial indexes; naming them lets SQLite use those.
        let filter = match read_as {
            ReadAs::Pending => "read_as = 'pending'",
            ReadAs::Unread => "read_as = 'unread'",
            ReadAs::Receipt | ReadAs::Refused | ReadAs::Hint => "read_as NOT IN ('pending', 'unread')",
        };
        let sql = format!(
            "SELECT {NOTICE} FROM notices WHERE {filter} AND read_as = ? AND id > ? ORDER BY id LIMIT ?"
        );
        all(self.conn(), &sql, params![read_as, after, limit], notice)
    }

    fn receipt(&self, id: ReceiptId) -> Result<Option<Receipt>> {
        one(self.conn(), &format!("SELECT {RECEIPT} FROM receipts WHERE id = ?"), [id], receipt)
    }

    fn receipts(&self, state: Option<ReceiptState>, page: Page) -> Result<Vec<Receipt>> {
        let sql = format!(
            "SELECT {RECEIPT} FROM receipts WHERE id < :before AND (:state IS NULL OR state = :state)
             ORDER BY id DESC LIMIT :limit"
        );
        let before = page.before.unwrap_or(i64::MAX);
        all(
            self.conn(),
            &sql,
            named_params! {":before": before, ":state": state, ":limit": page.limit},
            receipt,
        )
    }

    fn earlier(&self, channel: Channel, amount: Fen, from: Timestamp, to: Timestamp) -> Result<Vec<Earlier>> {
        let sql = "SELECT r.id, r.account_id, r.device_id, r.announcer, r.arrived_from, r.arrived_to, r.remark, i.reason
                   FROM receipts r INDEXED BY receipts_near
                   LEFT JOIN inbox i ON i.receipt_id = r.id AND i.state <> 'settled'
                   WHERE r.channel = ? AND r.arrived_from >> 28 = ? AND r.amount_fen = ?
                     AND r.arrived_from BETWEEN ? AND ? AND r.echo_of IS NULL
                   ORDER BY r.arrived_from LIMIT 100";
        let mut found = Vec::new();
        for bucket in (bucket(from)..=bucket(to)).take(limits::BUCKETS_MAX) {
            found.extend(all(self.conn(), sql, params![channel, bucket, amount, from, to], |row| {
                let account: Option<AccountId> = row.get(1)?;
                Ok(Earlier {
                    receipt: row.get(0)?,
                    accounts: account.into_iter().collect(),
                    asked: row.get(7)?,
                    voice: Voice { device: row.get(2)?, announcer: row.get(3)? },
                    echoed_by: Vec::new(),
                    arrival: Arrival { from: row.get(4)?, to: row.get(5)? },
                    remark: row.get(6)?,
                })
            })?);
        }
        for earlier in &mut found {
            if earlier.accounts.is_empty() {
                let sql = "SELECT account_id FROM device_accounts WHERE device_id = ?";
                earlier.accounts = all(self.conn(), sql, [earlier.voice.device], |row| row.get(0))?;
            }
            let sql = "SELECT device_id, announcer FROM receipts WHERE echo_of = ? AND echo_of IS NOT NULL";
            earlier.echoed_by = all(self.conn(), sql, [earlier.receipt], |row| {
                Ok(Voice { device: row.get(0)?, announcer: row.get(1)? })
            })?;
        }
        Ok(found)
    }

    fn inbox_item(&self, id: InboxId) -> Result<Option<InboxItem>> {
        one(self.conn(), &format!("SELECT {INBOX} FROM inbox WHERE id = ?"), [id], inbox_item)
    }

    fn inbox(&self, state: Option<InboxState>, page: Page) -> Result<Vec<InboxItem>> {
        let sql = format!(
            "SELECT {INBOX} FROM inbox WHERE id < :before AND (:state IS NULL OR state = :state)
             ORDER BY id DESC LIMIT :limit"
        );
        let before = page.before.unwrap_or(i64::MAX);
        all(
            self.conn(),
            &sql,
            named_params! {":before": before, ":state": state, ":limit": page.limit},
            inbox_item,
        )
    }

    fn open_item(&self, device: DeviceId, reason: Reason) -> Result<Option<InboxItem>> {
        let sql = format!(
            "SELECT {INBOX} FROM inbox
             WHERE state = 'open' AND reason = ?
               AND ? IN (device_id, (SELECT device_id FROM notices WHERE id = inbox.notice_id))
             ORDER BY id LIMIT 1"
        );
        one(self.conn(), &sql, params![reason, device], inbox_item)
    }

    fn open_item_about(&self, order: OrderId, reason: Reason) -> Result<Option<InboxItem>> {
        let sql = format!(
            "SELECT {INBOX} FROM inbox WHERE state = 'open' AND reason = ? AND about_order = ? ORDER BY id LIMIT 1"
        );
        one(self.conn(), &sql, params![reason, order], inbox_item)
    }
}

impl NoticeWrite for Unit<'_> {
    fn insert_notice(&mut self, notice: &Notice) -> Result<Inserted> {
        let sql =
            "INSERT INTO notices (id, device_id, fingerprint, raw, posted_at, received_at, clock_offset_ms,
                                        clock_jitter_ms, read_as, rule)
                   VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
        let n = notice;
        let params = params![
            n.id,
            n.device,
            n.fingerprint,
            n.raw,
            n.posted_at,
            n.received_at,
            n.clock_offset,
            n.clock_jitter,
            n.read_as,
            n.rule
        ];
        let inserted = insert(self.conn, sql, params)?;
        if inserted == Inserted::Yes {
            self.tally.came("notices", n.read_as.as_str());
        }
        Ok(inserted)
    }

    fn set_read_as(&mut self, id: NoticeId, read_as: ReadAs, rule: Option<&str>) -> Result<()> {
        let before: Option<ReadAs> =
            one(self.conn, "SELECT read_as FROM notices WHERE id = ?", [id], |row| row.get(0))?;
        let Some(before) = before else { return Ok(()) };
        change(
            self.conn,
            "UPDATE notices SET read_as = ?, rule = ? WHERE id = ?",
            params![read_as, rule, id],
        )?;
        self.tally.moved("notices", before.as_str(), read_as.as_str());
        Ok(())
    }

    fn insert_receipt(&mut self, receipt: &Receipt) -> Result<Inserted> {
        let sql =
            "INSERT INTO receipts (id, notice_id, device_id, account_id, channel, amount_fen, payer, remark,
                                         announcer, rule, trust, arrived_from, arrived_to, state, echo_of)
                   VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
        let r = receipt;
        let params = params![
            r.id,
            r.notice,
            r.device,
            r.account,
            r.channel,
            r.amount,
            r.payer,
            r.remark,
            r.announcer,
            r.rule,
            r.trust,
            r.arrival.from,
            r.arrival.to,
            r.state,
            r.echo_of
        ];
        let inserted = insert(self.conn, sql, params)?;
        if inserted == Inserted::Yes {
            self.tally.came("receipts", r.state.as_str());
        }
        Ok(inserted)
    }

    fn set_receipt_state(&mut self, id: ReceiptId, state: ReceiptState) -> Result<()> {
        let before: Option<ReceiptState> =
            one(self.conn, "SELECT state FROM receipts WHERE id = ?", [id], |row| row.get(0))?;
        let Some(before) = before else { return Ok(()) };
        change(self.conn, "UPDATE receipts SET state = ? WHERE id = ?", params![state, id])?;
        self.tally.moved("receipts", before.as_str(), state.as_str());
        Ok(())
    }

    fn insert_inbox(&mut self, item: &InboxItem) -> Result<Inserted> {
        let sql = "INSERT INTO inbox (id, reason, notice_id, claim_id, device_id, about_order, difference_id, receipt_id,
                                      state, order_id, note, created_at, resolved_at)
                   VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
        let i = item;
        let (mut notice, mut claim, mut device, mut about, mut difference) = (None, None, None, None, None);
        match i.matter {
            Matter::Notice(id) => notice = Some(id),
            Matter::Claim(id) => claim = Some(id),
            Matter::Device(id) => device = Some(id),
            Matter::Order(id) => about = Some(id),
            Matter::Difference(id) => difference = Some(id),
        }
        let params = params![
            i.id,
            i.reason,
            notice,
            claim,
            device,
            about,
            difference,
            i.receipt,
            i.state,
            i.order,
            i.note,
            i.created_at,
            i.resolved_at
        ];
        insert(self.conn, sql, params)
    }

    fn update_inbox(&mut self, item: &InboxItem) -> Result<()> {
        let sql = "UPDATE inbox SET state = ?, order_id = ?, note = ?, resolved_at = ? WHERE id = ?";
        let i = item;
        change(self.conn, sql, params![i.state, i.order, i.note, i.resolved_at, i.id]).map(drop)
    }
}
