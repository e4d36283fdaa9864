//! Agreements and the charges made by them.

use rusqlite::{Row, params};

use super::sql::{all, change, insert, one};
use super::{Lend, Unit};
use crate::domain::id::{AgreementId, OrderId};
use crate::domain::subscription::{Agreement, Charge};
use crate::domain::time::{Day, Timestamp};
use crate::storage::Error;
use crate::storage::verbs::{AgreementRead, AgreementWrite, Inserted, Page, Result};

const AGREEMENT: &str = "id, number, account_id, site_id, product_id, order_id, scene, gateway_no, state, ending, every, \
                         most_fen, due, created_at, signed_at, ended_at, look_at, looked";
const CHARGE: &str = "number, agreement_id, due, attempt, order_id, amount_fen, subject, state, problem, planned_at, \
                      asked_at, finished_at, next_at, asked, sent_at";

fn agreement(row: &Row<'_>) -> rusqlite::Result<Agreement> {
    Ok(Agreement {
        id: row.get(0)?,
        number: row.get(1)?,
        account: row.get(2)?,
        site: row.get(3)?,
        product: row.get(4)?,
        order: row.get(5)?,
        scene: row.get(6)?,
        gateway_no: row.get(7)?,
        state: row.get(8)?,
        ending: row.get(9)?,
        every: row.get(10)?,
        most: row.get(11)?,
        due: row.get(12)?,
        created_at: row.get(13)?,
        signed_at: row.get(14)?,
        ended_at: row.get(15)?,
        look_at: row.get(16)?,
        looked: row.get(17)?,
    })
}

fn charge(row: &Row<'_>) -> rusqlite::Result<Charge> {
    Ok(Charge {
        number: row.get(0)?,
        agreement: row.get(1)?,
        due: row.get(2)?,
        attempt: row.get(3)?,
        order: row.get(4)?,
        amount: row.get(5)?,
        subject: row.get(6)?,
        state: row.get(7)?,
        problem: row.get(8)?,
        planned_at: row.get(9)?,
        asked_at: row.get(10)?,
        finished_at: row.get(11)?,
        next_at: row.get(12)?,
        asked: row.get(13)?,
        sent_at: row.get(14)?,
    })
}

impl<T: Lend> AgreementRead for T {
    fn agreement(&self, id: AgreementId) -> Result<Option<Agreement>> {
        one(self.conn(), &format!("SELECT {AGREEMENT} FROM agreements WHERE id = ?"), [id], agreement)
    }

    fn agreement_by_number(&self, number: &str) -> Result<Option<Agreement>> {
        one(self.conn(), &format!("SELECT {AGREEMENT} FROM agreements WHERE number = ?"), [number], agreement)
    }

    fn agreements_of(&self, first: OrderId) -> Result<Vec<Agreement>> {
        let sql = format!("SELECT {AGREEMENT} FROM agreements WHERE order_id = ? ORDER BY id DESC");
        all(self.conn(), &sql, [first], agreement)
    }

    fn agreements(&self, page: Page) -> Result<Vec<Agreement>> {
        let sql = format!("SELECT {AGREEMENT} FROM agreements WHERE id < ? ORDER BY id DESC LIMIT ?");
        all(self.conn(), &sql, params![page.before.unwrap_or(i64::MAX), page.limit], agreement)
    }

    fn agreements_to_plan(&self, from: Day, until: Day, limit: u32) -> Result<Vec<Agreement>> {
        let sql = format!(
            "SELECT {AGREEMENT} FROM agreements a WHERE state = 'normal' AND due BETWEEN ? AND ?
               AND NOT EXISTS (SELECT 1 FROM charges c WHERE c.agreement_id = a.id AND c.due = a.due)
             ORDER BY due, id LIMIT ?"
        );
        all(self.conn(), &sql, params![from, until, limit], agreement)
    }

    fn agreements_to_look_at(&self, now: Timestamp, limit: u32) -> Result<Vec<Agreement>> {
        let sql = format!(
            "SELECT {AGREEMENT} FROM agreements WHERE look_at IS NOT NULL AND look_at <= ? ORDER BY look_at LIMIT ?"
        );
        all(self.conn(), &sql, params![now, limit], agreement)
    }

    fn charge(&self, number: &str) -> Result<Option<Charge>> {
        one(self.conn(), &format!("SELECT {CHARGE} FROM charges WHERE number = ?"), [number], charge)
    }

    fn charges_of(&self, agreement: AgreementId, limit: u32) -> Result<Vec<Charge>> {
        let sql = format!(
            "SELECT {CHARGE} FROM charges WHERE agreement_id = ? ORDER BY due DESC, attempt DESC LIMIT ?"
        );
        all(self.conn(), &sql, params![agreement, limit], charge)
    }

    fn charges_due(&self, now: Timestamp, limit: u32) -> Result<Vec<Charge>> {
        let sql = format!(
            "SELECT {CHARGE} FROM charges WHERE next_at IS NOT NULL AND next_at <= ? ORDER BY next_at LIMIT ?"
        );
        all(self.conn(), &sql, params![now, limit], charge)
    }
}

impl AgreementWrite for Unit<'_> {
    fn insert_agreement(&mut self, agreement: &Agreement) -> Result<Inserted> {
        let sql = "INSERT INTO agreements (id, number, account_id, site_id, product_id, order_id, scene, gateway_no, state,
                                           ending, every, most_fen, due, created_at, signed_at, ended_at, look_at, looked)
                   VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
        let a = agreement;
        let params = params![
            a.id,
            a.number,
            a.account,
            a.site,
            a.product,
            a.order,
            a.scene,
            a.gateway_no,
            a.state,
            a.ending,
            a.every,
            a.most,
            a.due,
            a.created_at,
            a.signed_at,
            a.ended_at,
            a.look_at,
            a.looked
        ];
        insert(self.conn, sql, params)
    }

    fn update_agreement(&mut self, agreement: &Agreement) -> Result<()> {
        let sql = "UPDATE agreements SET gateway_no = ?, state = ?, ending = ?, due = ?, signed_at = ?, ended_at = ?,
                                         look_at = ?, looked = ? WHERE id = ?";
        let a = agreement;
        let params = params![
            a.gateway_no,
            a.state,
            a.ending,
            a.due,
            a.signed_at,
            a.ended_at,
            a.look_at,
            a.looked,
            a.id
        ];
        let changed = change(self.conn, sql, params)?;
        if changed == 1 { Ok(()) } else { Err(Error::Unreadable { what: "agreement that was just read" }) }
    }

    fn insert_charge(&mut self, charge: &Charge) -> Result<Inserted> {
        let sql = "INSERT INTO charges (number, agreement_id, due, attempt, order_id, amount_fen, subject, state, problem,
                                        planned_at, asked_at, finished_at, next_at, asked, sent_at)
                   VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
        let c = charge;
        let params = params![
            c.number,
            c.agreement,
            c.due,
            c.attempt,
            c.order,
            c.amount,
            c.subject,
            c.state,
            c.problem,
            c.planned_at,
            c.asked_at,
            c.finished_at,
            c.next_at,
            c.asked,
            c.sent_at
        ];
        insert(self.conn, sql, params)
    }

    fn update_charge(&mut self, charge: &Charge) -> Result<()> {
        let sql =
            "UPDATE charges SET state = ?, problem = ?, asked_at = ?, finished_at = ?, next_at = ?, asked = ?,
                                sent_at = ? WHERE number = ?";
        let c = charge;
        let params =
            params![c.state, c.problem, c.asked_at, c.finished_at, c.next_at, c.asked, c.sent_at, c.number];
        let changed = change(self.conn, sql, params)?;
        if changed == 1 { Ok(()) } else { Err(Error::Unreadable { what: "charge that was just read" }) }
    }
}
