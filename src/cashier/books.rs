//! The day's bill and the account's log.

use super::{AlipayCashier, unclear};
use crate::alipay::bill::{self, TradeKind};
use crate::alipay::methods::{self, AccountLog, BillPeriod, BillType, BillUrl, BillWhere, Direction};
use crate::domain::books::{BillRow, DayBill, RowKind};
use crate::domain::time::{Day, Timestamp};
use crate::domain::watch::{LogRow, Window};
use crate::flow::gateway::cashier::Answer;
use crate::flow::gateway::cashier::Trouble;
use crate::flow::gateway::cashier::books::{BillSaid, Books, LogPage};

impl Books for AlipayCashier {
    fn bill_of(&self, day: Day, now: Timestamp) -> Answer<'_, BillSaid> {
        Box::pin(async move {
            let asked = BillUrl { kind: BillType::Trade, period: BillPeriod::Day(day) };
            let address = match self.client.call(&asked, now).await.map_err(Trouble::from)? {
                BillWhere::At(address) => address,
                BillWhere::Empty => return Ok(BillSaid::There(DayBill::default())),
                BillWhere::NotThere => return Ok(BillSaid::NotThere),
            };
            let zip = self.client.fetch_bill(&address).await.map_err(Trouble::from)?;
            // What is unpacked may be large enough to keep a thread from its other work.
            let read = tokio::task::spawn_blocking(move || bill::read(&zip)).await;
            match read {
                Ok(Ok(bill)) => Ok(BillSaid::There(day_bill(bill))),
                Ok(Err(error)) => Err(unclear(&error.to_string())),
                Err(_) => Err(unclear("the bill could not be unpacked")),
            }
        })
    }

    fn log(&self, window: Window, page: u32, rows: u32, now: Timestamp) -> Answer<'_, LogPage> {
        Box::pin(async move {
            let asked = AccountLog { from: window.from, to: window.to, page, page_size: rows };
            let said = self.client.call(&asked, now).await.map_err(Trouble::from)?;
            let rows = said.rows.into_iter().map(log_row).collect();
            Ok(LogPage { rows, unread: said.unread, total: said.total })
        })
    }
}

fn day_bill(bill: bill::Bill) -> DayBill {
    let rows = bill.trades.into_iter().map(|row| BillRow {
        kind: match row.kind {
            TradeKind::Payment => RowKind::Payment,
            TradeKind::Refund => RowKind::Refund,
        },
        gateway_ref: row.trade_no,
        number: row.out_trade_no,
        refund: row.out_request_no,
        amount: row.amount,
        at: row.at,
    });
    DayBill { rows: rows.collect(), unread: bill.unread }
}

fn log_row(row: methods::LogRow) -> LogRow {
    LogRow {
        id: row.id,
        incoming: row.direction == Direction::In,
        amount: row.amount,
        at: row.at,
        gateway_ref: row.alipay_order_no,
        number: row.merchant_order_no,
        memo: row.memo,
        payer: row.other_account,
        kind: row.kind,
    }
}
