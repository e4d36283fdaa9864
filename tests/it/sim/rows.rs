//! What the file holds, read by a connection that knows nothing of Matcha's code.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::{Connection, OpenFlags, Row};

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct OrderRow {
    pub(super) id: i64,
    pub(super) status: String,
    pub(super) price: i64,
    pub(super) amount: i64,
    pub(super) account: i64,
    pub(super) client: Option<String>,
    pub(super) created_at: i64,
    pub(super) expires_at: i64,
    pub(super) extensions_left: i64,
    pub(super) late: bool,
    pub(super) paid_at: Option<i64>,
    pub(super) version: i64,
    /// The first order of the membership that it prolongs.
    pub(super) renews: Option<i64>,
    /// None where the official gateway tells payments apart.
    pub(super) hold: Option<HoldRow>,
}

impl OrderRow {
    /// The hold of an order on a personal account.
    #[track_caller]
    pub(super) fn held(&self) -> &HoldRow {
        self.hold.as_ref().unwrap_or_else(|| panic!("{self:?} holds nothing"))
    }

    pub(super) fn is_official(&self) -> bool {
        self.hold.is_none()
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct HoldRow {
    pub(super) account: i64,
    pub(super) amount: i64,
    pub(super) remark: String,
    pub(super) starts_at: i64,
    pub(super) window_ends_at: i64,
    pub(super) release_at: i64,
    pub(super) live: bool,
}

impl HoldRow {
    pub(super) fn held_at(&self, at: i64) -> bool {
        self.starts_at <= at && at < self.release_at
    }

    /// How far `at` lies outside; zero inside.
    pub(super) fn distance(&self, at: i64) -> i64 {
        (self.starts_at - at).max(at - self.release_at + 1).max(0)
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct ReceiptRow {
    pub(super) id: i64,
    pub(super) notice: i64,
    pub(super) device: i64,
    pub(super) announcer: String,
    pub(super) channel: String,
    pub(super) amount: i64,
    pub(super) from: i64,
    pub(super) to: i64,
    pub(super) state: String,
    pub(super) echo_of: Option<i64>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct SettlementRow {
    pub(super) id: i64,
    pub(super) order: i64,
    pub(super) receipt: Option<i64>,
    /// The gateway's number of the trade that paid.
    pub(super) trade_no: Option<String>,
    pub(super) by_owner: bool,
    pub(super) undone: bool,
    pub(super) at: i64,
    pub(super) before: String,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct UnlockRow {
    pub(super) order: i64,
    pub(super) revoked: bool,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct ItemRow {
    pub(super) id: i64,
    pub(super) reason: String,
    pub(super) notice: i64,
    pub(super) receipt: Option<i64>,
    pub(super) state: String,
    pub(super) order: Option<i64>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct TradeRow {
    pub(super) number: String,
    pub(super) order: i64,
    pub(super) amount: i64,
    pub(super) state: String,
    pub(super) trade_no: Option<String>,
    pub(super) ends_at: i64,
    pub(super) ask_at: Option<i64>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct RefundRow {
    pub(super) id: i64,
    pub(super) order: i64,
    pub(super) request: Option<String>,
    pub(super) amount: i64,
    pub(super) by_gateway: bool,
    pub(super) state: String,
    pub(super) number: Option<String>,
    pub(super) revokes: bool,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct AgreementRow {
    pub(super) id: i64,
    pub(super) number: String,
    pub(super) order: i64,
    pub(super) state: String,
    pub(super) ended_at: Option<i64>,
    pub(super) look_at: Option<i64>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct ChargeRow {
    pub(super) number: String,
    pub(super) agreement: i64,
    pub(super) due: String,
    pub(super) order: i64,
    pub(super) state: String,
    pub(super) asked_at: Option<i64>,
    pub(super) next_at: Option<i64>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct TransferRow {
    pub(super) number: String,
    pub(super) request: String,
    pub(super) payee: String,
    pub(super) amount: i64,
    pub(super) state: String,
    pub(super) day: String,
    pub(super) ask_at: Option<i64>,
    /// What the owner was told of it.
    pub(super) told: Option<String>,
}

/// What the owner is asked about an order.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct QuestionRow {
    pub(super) order: i64,
    pub(super) reason: String,
    pub(super) id: i64,
    pub(super) state: String,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct NoticeRow {
    pub(super) id: i64,
    pub(super) device: i64,
    pub(super) raw: String,
    pub(super) read_as: String,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct LogRow {
    pub(super) id: i64,
    pub(super) at: i64,
    pub(super) subject: i64,
    pub(super) act: String,
}

/// Everything that can change, at one moment.
#[derive(Clone, Default)]
pub(super) struct Rows {
    pub(super) orders: BTreeMap<i64, OrderRow>,
    pub(super) receipts: BTreeMap<i64, ReceiptRow>,
    pub(super) settlements: BTreeMap<i64, SettlementRow>,
    pub(super) unlocks: Vec<UnlockRow>,
    pub(super) items: BTreeMap<i64, ItemRow>,
    pub(super) trades: BTreeMap<String, TradeRow>,
    pub(super) refunds: BTreeMap<i64, RefundRow>,
    pub(super) questions: Vec<QuestionRow>,
    pub(super) agreements: BTreeMap<i64, AgreementRow>,
    pub(super) charges: BTreeMap<String, ChargeRow>,
    pub(super) transfers: BTreeMap<String, TransferRow>,
}

impl Rows {
    pub(super) fn refunds_of(&self, order: i64) -> impl Iterator<Item = &RefundRow> {
        self.refunds.values().filter(move |refund| refund.order == order)
    }

    pub(super) fn trades_of(&self, order: i64) -> impl Iterator<Item = &TradeRow> {
        self.trades.values().filter(move |trade| trade.order == order)
    }
}

/// A look into the file from outside.
pub(super) struct Outside {
    conn: Connection,
    version: i64,
}

impl Outside {
    pub(super) fn open(path: &Path) -> Outside {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let conn = Connection::open_with_flags(path, flags).unwrap();
        conn.set_prepared_statement_cache_capacity(32);
        Outside { conn, version: -1 }
    }

    /// True where something was committed since this was asked last.
    pub(super) fn changed(&mut self) -> bool {
        let version = self.conn.pragma_query_value(None, "data_version", |row| row.get(0)).unwrap();
        let changed = version != self.version;
        self.version = version;
        changed
    }

    fn all<T>(
        &self,
        sql: &str,
        params: impl rusqlite::Params,
        read: fn(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Vec<T> {
        let mut statement = self.conn.prepare_cached(sql).unwrap();
        let rows = statement.query_map(params, read).unwrap();
        rows.map(Result::unwrap).collect()
    }

    pub(super) fn number(&self, sql: &str) -> i64 {
        self.conn.prepare_cached(sql).unwrap().query_row([], |row| row.get(0)).unwrap()
    }

    /// What is known of a phone's clock, for the story of a failure.
    pub(super) fn clock_of(&self, device: i64) -> String {
        let sql = "SELECT clock FROM devices WHERE id = ?";
        self.conn.prepare_cached(sql).unwrap().query_row([device], |row| row.get(0)).unwrap()
    }

    pub(super) fn rows(&self) -> Rows {
        Rows {
            orders: self.orders().into_iter().map(|row| (row.id, row)).collect(),
            receipts: self.receipts().into_iter().map(|row| (row.id, row)).collect(),
            settlements: self.settlements().into_iter().map(|row| (row.id, row)).collect(),
            unlocks: self.all("SELECT order_id, revoked_at IS NOT NULL FROM unlocks", [], |row| {
                Ok(UnlockRow { order: row.get(0)?, revoked: row.get(1)? })
            }),
            items: self.items().into_iter().map(|row| (row.id, row)).collect(),
            trades: self.trades().into_iter().map(|row| (row.number.clone(), row)).collect(),
            refunds: self.refunds().into_iter().map(|row| (row.id, row)).collect(),
            questions: self.questions(),
            agreements: self.agreements().into_iter().map(|row| (row.id, row)).collect(),
            charges: self.charges().into_iter().map(|row| (row.number.clone(), row)).collect(),
            transfers: self.transfers().into_iter().map(|row| (row.number.clone(), row)).collect(),
        }
    }

    fn orders(&self) -> Vec<OrderRow> {
        let sql = "SELECT o.id, o.status, o.price_fen, o.amount_fen, o.account_id, o.client_order_id, o.created_at,
                          o.expires_at, o.extensions_left, o.late, o.paid_at, o.version,
                          h.account_id, h.amount_fen, h.remark, h.starts_at, h.window_ends_at, h.release_at, h.live, o.renews_id
                   FROM orders o LEFT JOIN holds h ON h.order_id = o.id";
        self.all(sql, [], |row| {
            let hold = match row.get(12)? {
                None => None,
                Some(account) => Some(HoldRow {
                    account,
                    amount: row.get(13)?,
                    remark: row.get(14)?,
                    starts_at: row.get(15)?,
                    window_ends_at: row.get(16)?,
                    release_at: row.get(17)?,
                    live: row.get(18)?,
                }),
            };
            Ok(OrderRow {
                id: row.get(0)?,
                status: row.get(1)?,
                price: row.get(2)?,
                amount: row.get(3)?,
                account: row.get(4)?,
                client: row.get(5)?,
                created_at: row.get(6)?,
                expires_at: row.get(7)?,
                extensions_left: row.get(8)?,
                late: row.get(9)?,
                paid_at: row.get(10)?,
                version: row.get(11)?,
                renews: row.get(19)?,
                hold,
            })
        })
    }

    fn receipts(&self) -> Vec<ReceiptRow> {
        let sql = "SELECT id, notice_id, device_id, announcer, channel, amount_fen, arrived_from, arrived_to, state,
                          echo_of FROM receipts";
        self.all(sql, [], |row| {
            Ok(ReceiptRow {
                id: row.get(0)?,
                notice: row.get(1)?,
                device: row.get(2)?,
                announcer: row.get(3)?,
                channel: row.get(4)?,
                amount: row.get(5)?,
                from: row.get(6)?,
                to: row.get(7)?,
                state: row.get(8)?,
                echo_of: row.get(9)?,
            })
        })
    }

    fn settlements(&self) -> Vec<SettlementRow> {
        let sql = "SELECT id, order_id, receipt_id, gateway_ref, by_owner, undone_at IS NOT NULL, settled_at, before
                   FROM settlements";
        self.all(sql, [], |row| {
            Ok(SettlementRow {
                id: row.get(0)?,
                order: row.get(1)?,
                receipt: row.get(2)?,
                trade_no: row.get(3)?,
                by_owner: row.get(4)?,
                undone: row.get(5)?,
                at: row.get(6)?,
                before: row.get(7)?,
            })
        })
    }

    fn trades(&self) -> Vec<TradeRow> {
        let sql = "SELECT number, order_id, amount_fen, state, gateway_ref, ends_at, ask_at FROM trades";
        self.all(sql, [], |row| {
            Ok(TradeRow {
                number: row.get(0)?,
                order: row.get(1)?,
                amount: row.get(2)?,
                state: row.get(3)?,
                trade_no: row.get(4)?,
                ends_at: row.get(5)?,
                ask_at: row.get(6)?,
            })
        })
    }

    fn refunds(&self) -> Vec<RefundRow> {
        let sql = "SELECT id, order_id, request_id, amount_fen, way = 'gateway', state, number, revokes FROM refunds";
        self.all(sql, [], |row| {
            Ok(RefundRow {
                id: row.get(0)?,
                order: row.get(1)?,
                request: row.get(2)?,
                amount: row.get(3)?,
                by_gateway: row.get(4)?,
                state: row.get(5)?,
                number: row.get(6)?,
                revokes: row.get(7)?,
            })
        })
    }

    fn agreements(&self) -> Vec<AgreementRow> {
        let sql = "SELECT id, number, order_id, state, ended_at, look_at FROM agreements";
        self.all(sql, [], |row| {
            Ok(AgreementRow {
                id: row.get(0)?,
                number: row.get(1)?,
                order: row.get(2)?,
                state: row.get(3)?,
                ended_at: row.get(4)?,
                look_at: row.get(5)?,
            })
        })
    }

    fn charges(&self) -> Vec<ChargeRow> {
        let sql = "SELECT number, agreement_id, due, order_id, state, asked_at, next_at FROM charges";
        self.all(sql, [], |row| {
            Ok(ChargeRow {
                number: row.get(0)?,
                agreement: row.get(1)?,
                due: row.get(2)?,
                order: row.get(3)?,
                state: row.get(4)?,
                asked_at: row.get(5)?,
                next_at: row.get(6)?,
            })
        })
    }

    fn transfers(&self) -> Vec<TransferRow> {
        let sql = "SELECT number, request_id, payee, amount_fen, state, day, ask_at,
                          (SELECT group_concat(kind) FROM differences WHERE differences.number = transfers.number)
                   FROM transfers";
        self.all(sql, [], |row| {
            Ok(TransferRow {
                number: row.get(0)?,
                request: row.get(1)?,
                payee: row.get(2)?,
                amount: row.get(3)?,
                state: row.get(4)?,
                day: row.get(5)?,
                ask_at: row.get(6)?,
                told: row.get(7)?,
            })
        })
    }

    /// How many transfers the worker has to carry on with by `now`.
    pub(super) fn transfers_due(&self, now: i64) -> i64 {
        self.number(&format!("SELECT count(*) FROM transfers WHERE ask_at <= {now}"))
    }

    /// How many charges and agreements are due by `now`.
    pub(super) fn renewals_due(&self, now: i64) -> (i64, i64) {
        let charges = format!("SELECT count(*) FROM charges WHERE next_at <= {now}");
        let agreements = format!("SELECT count(*) FROM agreements WHERE look_at <= {now}");
        (self.number(&charges), self.number(&agreements))
    }

    /// What the owner is asked about orders; in an order that does not hang on ids, which flows that run side by side may
    /// give out in either order.
    fn questions(&self) -> Vec<QuestionRow> {
        let sql = "SELECT about_order, reason, id, state FROM inbox WHERE about_order IS NOT NULL
                   ORDER BY about_order, reason, id";
        self.all(sql, [], |row| {
            Ok(QuestionRow { order: row.get(0)?, reason: row.get(1)?, id: row.get(2)?, state: row.get(3)? })
        })
    }

    /// What the owner is asked about money.
    fn items(&self) -> Vec<ItemRow> {
        let sql = "SELECT id, reason, notice_id, receipt_id, state, order_id FROM inbox WHERE notice_id IS NOT NULL";
        self.all(sql, [], |row| {
            Ok(ItemRow {
                id: row.get(0)?,
                reason: row.get(1)?,
                notice: row.get(2)?,
                receipt: row.get(3)?,
                state: row.get(4)?,
                order: row.get(5)?,
            })
        })
    }

    /// The phones that are silent, and those of whose silence the owner is told: both in the order of their ids.
    pub(super) fn silent(&self) -> (Vec<i64>, Vec<i64>) {
        let are = "SELECT id FROM devices WHERE silent_since IS NOT NULL AND revoked_at IS NULL ORDER BY id";
        let told =
            "SELECT device_id FROM inbox WHERE device_id IS NOT NULL AND state = 'open' ORDER BY device_id";
        (self.all(are, [], |row| row.get(0)), self.all(told, [], |row| row.get(0)))
    }

    /// The numbers about which the gateway is to be asked by `now`, the longest due first.
    pub(super) fn trades_due(&self, now: i64) -> Vec<String> {
        let sql = "SELECT number FROM trades WHERE ask_at <= ? ORDER BY ask_at, number LIMIT 32";
        self.all(sql, [now], |row| row.get(0))
    }

    /// The notices that came in after `id`.
    pub(super) fn notices_after(&self, id: i64) -> Vec<NoticeRow> {
        let sql = "SELECT id, device_id, raw, read_as FROM notices WHERE id > ? ORDER BY id";
        self.all(sql, [id], |row| {
            Ok(NoticeRow { id: row.get(0)?, device: row.get(1)?, raw: row.get(2)?, read_as: row.get(3)? })
        })
    }

    /// The lines of the log after `id`.
    pub(super) fn log_after(&self, id: i64) -> Vec<LogRow> {
        self.all("SELECT id, at, subject, act FROM log WHERE id > ? ORDER BY id", [id], |row| {
            Ok(LogRow { id: row.get(0)?, at: row.get(1)?, subject: row.get(2)?, act: row.get(3)? })
        })
    }
}
