//! Merchants, trades, what the gateway said, and refunds.

use rusqlite::{Row, params};

use super::sql::{all, change, insert, one};
use super::{Lend, Unit};
use crate::domain::gateway::{Refund, Trade};
use crate::domain::id::{AccountId, OrderId, RefundId};
use crate::domain::order::Order;
use crate::domain::time::Timestamp;
use crate::storage::verbs::{GatewayMessage, GatewayRead, GatewayWrite, Inserted, Merchant, Result};

pub(super) const MERCHANT: &str = "account_id, app_id, seller_id, sealed, updated_at";
const TRADE: &str = "number, order_id, account_id, way, amount_fen, state, qr_code, gateway_ref, created_at, ends_at, \
                     ask_at, asked";
pub(super) const REFUND: &str = "id, order_id, request_id, amount_fen, way, state, number, reason, proof, actor, revokes, problem, \
                      requested_at, finished_at, ask_at, asked, trade, sent_at";

pub(super) fn merchant(row: &Row<'_>) -> rusqlite::Result<Merchant> {
    Ok(Merchant {
        account: row.get(0)?,
        app_id: row.get(1)?,
        seller_id: row.get(2)?,
        sealed: row.get(3)?,
        updated_at: row.get(4)?,
    })
}

fn trade(row: &Row<'_>) -> rusqlite::Result<Trade> {
    Ok(Trade {
        number: row.get(0)?,
        order: row.get(1)?,
        account: row.get(2)?,
        way: row.get(3)?,
        amount: row.get(4)?,
        state: row.get(5)?,
        qr_code: row.get(6)?,
        gateway_ref: row.get(7)?,
        created_at: row.get(8)?,
        ends_at: row.get(9)?,
        ask_at: row.get(10)?,
        asked: row.get(11)?,
    })
}

pub(super) fn refund(row: &Row<'_>) -> rusqlite::Result<Refund> {
    Ok(Refund {
        id: row.get(0)?,
        order: row.get(1)?,
        request_id: row.get(2)?,
        amount: row.get(3)?,
        way: row.get(4)?,
        state: row.get(5)?,
        number: row.get(6)?,
        reason: row.get(7)?,
        proof: row.get(8)?,
        actor: row.get(9)?,
        revokes: row.get(10)?,
        problem: row.get(11)?,
        requested_at: row.get(12)?,
        finished_at: row.get(13)?,
        ask_at: row.get(14)?,
        asked: row.get(15)?,
        trade: row.get(16)?,
        sent_at: row.get(17)?,
    })
}

impl<T: Lend> GatewayRead for T {
    fn merchant(&self, account: AccountId) -> Result<Option<Merchant>> {
        let sql = format!("SELECT {MERCHANT} FROM merchants WHERE account_id = ?");
        one(self.conn(), &sql, [account], merchant)
    }

    fn merchants_of_app(&self, app_id: &str) -> Result<Vec<Merchant>> {
        let sql = format!("SELECT {MERCHANT} FROM merchants WHERE app_id = ? ORDER BY account_id");
        all(self.conn(), &sql, [app_id], merchant)
    }

    fn trade(&self, number: &str) -> Result<Option<Trade>> {
        one(self.conn(), &format!("SELECT {TRADE} FROM trades WHERE number = ?"), [number], trade)
    }

    fn trades_of(&self, order: OrderId) -> Result<Vec<Trade>> {
        let sql = format!("SELECT {TRADE} FROM trades WHERE order_id = ? ORDER BY created_at, number");
        all(self.conn(), &sql, [order], trade)
    }

    fn trades_due(&self, now: Timestamp, limit: u32) -> Result<Vec<Trade>> {
        let sql = format!(
            "SELECT {TRADE} FROM trades WHERE ask_at IS NOT NULL AND ask_at <= ? ORDER BY ask_at LIMIT ?"
        );
        all(self.conn(), &sql, params![now, limit], trade)
    }

    fn refund(&self, id: RefundId) -> Result<Option<Refund>> {
        one(self.conn(), &format!("SELECT {REFUND} FROM refunds WHERE id = ?"), [id], refund)
    }

    fn refunds_of(&self, order: OrderId) -> Result<Vec<Refund>> {
        all(
            self.conn(),
            &format!("SELECT {REFUND} FROM refunds WHERE order_id = ? ORDER BY id"),
            [order],
            refund,
        )
    }

    fn refunds_due(&self, now: Timestamp, limit: u32) -> Result<Vec<Refund>> {
        let sql = format!(
            "SELECT {REFUND} FROM refunds WHERE ask_at IS NOT NULL AND ask_at <= ? ORDER BY ask_at LIMIT ?"
        );
        all(self.conn(), &sql, params![now, limit], refund)
    }
}

impl GatewayWrite for Unit<'_> {
    fn set_merchant(&mut self, merchant: &Merchant) -> Result<()> {
        let sql = "INSERT INTO merchants (account_id, app_id, seller_id, sealed, updated_at) VALUES (?, ?, ?, ?, ?)
                   ON CONFLICT (account_id) DO UPDATE SET app_id = excluded.app_id, seller_id = excluded.seller_id,
                     sealed = excluded.sealed, updated_at = excluded.updated_at";
        let Merchant { account, app_id, seller_id, sealed, updated_at } = merchant;
        change(self.conn, sql, params![account, app_id, seller_id, sealed, updated_at]).map(drop)
    }

    fn insert_gateway_order(&mut self, order: &Order) -> Result<Inserted> {
        self.insert_unheld(order)
    }

    fn insert_trade(&mut self, trade: &Trade) -> Result<Inserted> {
        let sql = "INSERT INTO trades (number, order_id, account_id, way, amount_fen, state, qr_code, gateway_ref, created_at,
                                       ends_at, ask_at, asked)
                   VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
        let t = trade;
        let params = params![
            t.number,
            t.order,
            t.account,
            t.way,
            t.amount,
            t.state,
            t.qr_code,
            t.gateway_ref,
            t.created_at,
            t.ends_at,
            t.ask_at,
            t.asked
        ];
        insert(self.conn, sql, params)
    }

    fn update_trade(&mut self, trade: &Trade) -> Result<()> {
        let sql = "UPDATE trades SET state = ?, qr_code = ?, gateway_ref = ?, ask_at = ?, asked = ? WHERE number = ?";
        let t = trade;
        change(self.conn, sql, params![t.state, t.qr_code, t.gateway_ref, t.ask_at, t.asked, t.number])
            .map(drop)
    }

    fn insert_gateway_message(&mut self, message: &GatewayMessage) -> Result<Inserted> {
        let sql = "INSERT INTO gateway_messages (id, account_id, kind, number, hash, raw, received_at)
                   VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
        let GatewayMessage { id, account, kind, number, hash, raw, received_at } = message;
        insert(self.conn, sql, params![id, account, kind, number, hash, raw, received_at])
    }

    fn insert_refund(&mut self, refund: &Refund) -> Result<Inserted> {
        let sql = "INSERT INTO refunds (id, order_id, request_id, amount_fen, way, state, number, reason, proof, actor, revokes,
                                        problem, requested_at, finished_at, ask_at, asked, trade, sent_at)
                   VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
        let r = refund;
        let params = params![
            r.id,
            r.order,
            r.request_id,
            r.amount,
            r.way,
            r.state,
            r.number,
            r.reason,
            r.proof,
            r.actor,
            r.revokes,
            r.problem,
            r.requested_at,
            r.finished_at,
            r.ask_at,
            r.asked,
            r.trade,
            r.sent_at
        ];
        insert(self.conn, sql, params)
    }

    fn update_refund(&mut self, refund: &Refund) -> Result<()> {
        let sql = "UPDATE refunds SET state = ?, problem = ?, finished_at = ?, ask_at = ?, asked = ?, sent_at = ? WHERE id = ?";
        let r = refund;
        let params = params![r.state, r.problem, r.finished_at, r.ask_at, r.asked, r.sent_at, r.id];
        change(self.conn, sql, params).map(drop)
    }
}
