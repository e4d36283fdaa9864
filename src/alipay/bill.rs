//! A day's bill as Alipay hands it out: a ZIP of CSV files in GBK, with `#` lines around each table.
//!
//! Knows the columns by their names, because their order and number have changed before. Bounded in every direction: what
//! is unpacked is a stranger's file. Nothing in it is signed: it is compared with, and no order is paid by it.

use std::io::{Cursor, Read as _};

use encoding_rs::GB18030;

use crate::domain::money::Fen;
use crate::domain::time::Timestamp;
use crate::limits;

/// A bill's rows. A bill of trades fills the first list, a bill of the account the second.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Bill {
    /// Trades and refunds.
    pub trades: Vec<TradeRow>,
    /// What moved on the account.
    pub movements: Vec<Movement>,
    /// Rows that could not be read, as they are: the owner looks at them.
    pub unread: Vec<String>,
}

/// One trade or refund of a bill of trades.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TradeRow {
    /// Payment or refund.
    pub kind: TradeKind,
    /// Alipay's number.
    pub trade_no: String,
    /// Our number.
    pub out_trade_no: String,
    /// Our number of the refund, where it is one.
    pub out_request_no: Option<String>,
    /// How much was paid or went back.
    pub amount: Fen,
    /// When.
    pub at: Option<Timestamp>,
}

/// What a row of a bill of trades is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TradeKind {
    /// 交易
    Payment,
    /// 退款
    Refund,
}

/// One movement of a bill of the account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Movement {
    /// Its number.
    pub id: String,
    /// What came in; nothing where something went out.
    pub income: Option<Fen>,
    /// What went out; nothing where something came in.
    pub outgo: Option<Fen>,
    /// Our number of what is behind it.
    pub merchant_order_no: Option<String>,
    /// When.
    pub at: Option<Timestamp>,
    /// Alipay's word for what it was.
    pub kind: Option<String>,
}

/// Why a file is no bill.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BillError {
    /// No ZIP, or a damaged one.
    #[error("the bill is no ZIP file, or it is damaged")]
    NotZip,
    /// One of the bounds of [`limits`] is reached.
    #[error("the bill is larger than a bill can be")]
    TooLarge,
    /// No table with known columns in it.
    #[error("the bill holds no table that is known")]
    NoTable,
}

/// Reads a bill.
///
/// # Errors
/// [`BillError`].
pub fn read(zip: &[u8]) -> Result<Bill, BillError> {
    if zip.len() > limits::ALIPAY_BILL_ZIP_BYTES_MAX {
        return Err(BillError::TooLarge);
    }
    let mut archive = zip::ZipArchive::new(Cursor::new(zip)).map_err(|_| BillError::NotZip)?;
    if archive.len() > limits::ALIPAY_BILL_FILES_MAX {
        return Err(BillError::TooLarge);
    }
    let (mut bill, mut left, mut known) = (Bill::default(), limits::ALIPAY_BILL_TEXT_BYTES_MAX, false);
    for at in 0..archive.len() {
        let file = archive.by_index(at).map_err(|_| BillError::NotZip)?;
        let mut bytes = Vec::new();
        // One byte more than is left tells a file that fits from one that was cut.
        let bound = u64::try_from(left).unwrap_or(u64::MAX).saturating_add(1);
        file.take(bound).read_to_end(&mut bytes).map_err(|_| BillError::NotZip)?;
        left = left.checked_sub(bytes.len()).ok_or(BillError::TooLarge)?;
        known |= bill.take_in(&text(&bytes))?;
    }
    if known { Ok(bill) } else { Err(BillError::NoTable) }
}

/// A file's text: UTF-8 if it is, else GBK.
fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.trim_start_matches('\u{feff}').to_owned(),
        Err(_) => GB18030.decode_without_bom_handling(bytes).0.into_owned(),
    }
}

impl Bill {
    /// Takes in one file's table. False for a table with other columns: a summary.
    fn take_in(&mut self, text: &str) -> Result<bool, BillError> {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .comment(Some(b'#'))
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let mut records = reader.records();
        let Some(Ok(head)) = records.next() else { return Ok(false) };
        let Some(columns) = Columns::of(&head) else { return Ok(false) };
        for record in records {
            let rows = self.trades.len() + self.movements.len() + self.unread.len();
            if rows >= limits::ALIPAY_BILL_ROWS_MAX {
                return Err(BillError::TooLarge);
            }
            let Ok(record) = record else { continue };
            if record.iter().all(str::is_empty) {
                continue;
            }
            // A name that begins with a quotation mark takes in the rows behind it. They must not be lost with it.
            let one_line = !record.iter().any(|field| field.contains('\n'));
            match columns.row(&record).filter(|_| one_line) {
                Some(Row::Trade(row)) => self.trades.push(row),
                Some(Row::Movement(row)) => self.movements.push(row),
                None => self.unread.push(record.iter().collect::<Vec<_>>().join(",")),
            }
        }
        Ok(true)
    }
}

enum Row {
    Trade(TradeRow),
    Movement(Movement),
}

/// Which column holds what.
struct Columns {
    id: usize,
    of_trades: bool,
    out_trade_no: Option<usize>,
    kind: Option<usize>,
    amount: Option<usize>,
    income: Option<usize>,
    outgo: Option<usize>,
    out_request_no: Option<usize>,
    at: Option<usize>,
}

impl Columns {
    fn of(head: &csv::StringRecord) -> Option<Columns> {
        // Names carry units in brackets of both widths, so their beginnings count.
        let find = |name: &str| head.iter().position(|column| column.starts_with(name));
        let (trade, movement) = (find("支付宝交易号"), find("账务流水号"));
        Some(Columns {
            id: trade.or(movement)?,
            of_trades: trade.is_some() && movement.is_none(),
            out_trade_no: find("商户订单号"),
            kind: find("业务类型"),
            amount: find("订单金额"),
            income: find("收入金额"),
            outgo: find("支出金额"),
            out_request_no: find("退款批次号"),
            at: find("完成时间").or_else(|| find("发生时间")),
        })
    }

    /// A row, unless a field that decides cannot be read.
    fn row(&self, record: &csv::StringRecord) -> Option<Row> {
        let get =
            |column: Option<usize>| column.and_then(|at| record.get(at)).filter(|text| !text.is_empty());
        let own = |column| get(column).map(str::to_owned);
        let at = get(self.at).and_then(|text| Timestamp::from_china_clock(text).ok());
        let id = record.get(self.id).filter(|id| !id.is_empty())?.to_owned();
        if self.of_trades {
            let kind = match get(self.kind)? {
                "交易" => TradeKind::Payment,
                "退款" => TradeKind::Refund,
                _ => return None,
            };
            let amount = get(self.amount)?;
            // What goes back is written with a sign.
            let amount = if kind == TradeKind::Refund { amount.trim_start_matches('-') } else { amount };
            return Some(Row::Trade(TradeRow {
                kind,
                trade_no: id,
                out_trade_no: own(self.out_trade_no)?,
                out_request_no: own(self.out_request_no).filter(|_| kind == TradeKind::Refund),
                amount: Fen::parse(amount).ok()?,
                at,
            }));
        }
        let money = |column, sign: char| match get(column) {
            None => Some(None),
            Some(text) => {
                let fen = Fen::parse(text.trim_start_matches(sign)).ok()?;
                Some(Some(fen).filter(|fen| !fen.is_zero()))
            }
        };
        let (income, outgo) = (money(self.income, '+')?, money(self.outgo, '-')?);
        if income.is_some() == outgo.is_some() {
            return None;
        }
        let merchant_order_no = own(self.out_trade_no);
        Some(Row::Movement(Movement { id, income, outgo, merchant_order_no, at, kind: own(self.kind) }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Write as _;
    use zip::write::SimpleFileOptions;

    const TRADES: &str = "#支付宝业务明细查询\n#账号：[20887210038991590156]\n#起始日期：[2026年01月01日 00:00:00]   终止日期：[2026年01月02日 00:00:00]\n\
#-----------------------------------------业务明细列表----------------------------------------\n\
支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,商家实收（元）,支付宝红包（元）,退款批次号/请求号,服务费（元）,备注\n\
2026010122001499160501586202\t,P2026010101\t,交易\t,\"会员, 1个月\"\t,2026-01-01 15:04:10\t,2026-01-01 15:04:21\t,\t,\t,\t,\t,*三(ifv***@sandbox.com)\t,10.00\t,10.00\t,0.00\t,\t,0.06\t,\t\n\
2026010122001499160501586202\t,P2026010101\t,退款\t,会员\t,2026-01-01 15:04:10\t,2026-01-01 16:00:00\t,\t,\t,\t,\t,*三\t,-3.50\t,-3.50\t,0.00\t,P2026010101R1\t,0.00\t,\t\n\
2026010122001499160501586203\t,P2026010102\t,调账\t,x\t,\t,\t,\t,\t,\t,\t,\t,1.00\t,1.00\t,0.00\t,\t,0.00\t,\t\n\
#-----------------------------------------业务明细列表结束------------------------------------\n#交易合计：1笔，商家实收共10.00元\n";

    const SUMMARY: &str =
        "#汇总\n门店编号,门店名称,交易订单总笔数,退款订单总笔数,订单金额（元）\n合计\t,\t,1\t,1\t,6.50\t\n";

    const MOVEMENTS: &str = "#账务\n账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,支出金额（-元）,账户余额（元）,交易渠道,业务类型,备注\n\
1\t,a\t,P1\t,x\t,2026-01-01 15:04:21\t,*三\t,10.00\t,0.00\t,110.00\t,支付宝\t,在线支付\t,\t\n\
2\t,b\t,\t,x\t,2026-01-01 15:05:00\t,\t,\t,-0.06\t,109.94\t,支付宝\t,收费\t,\t\n\
3\t,c\t,\t,x\t,2026-01-01 15:05:00\t,\t,0.00\t,0.00\t,109.94\t,支付宝\t,其它\t,\t\n";

    fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in files {
            writer.start_file(*name, SimpleFileOptions::default()).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn gbk(text: &str) -> Vec<u8> {
        encoding_rs::GBK.encode(text).0.into_owned()
    }

    fn fen(fen: i64) -> Fen {
        Fen::new(fen).unwrap()
    }

    #[test]
    fn a_bill_of_trades_is_read_row_by_row_and_what_is_not_known_is_kept() {
        let bill = read(&zipped(&[("a.csv", &gbk(TRADES)), ("b.csv", &gbk(SUMMARY))])).unwrap();
        let [payment, refund] = bill.trades.as_slice() else { panic!("two rows: {bill:?}") };
        assert_eq!((payment.kind, payment.amount), (TradeKind::Payment, fen(1000)));
        assert_eq!(payment.out_trade_no, "P2026010101");
        assert_eq!(payment.at.unwrap().to_string(), "2026-01-01T07:04:21.000Z");
        assert_eq!((refund.kind, refund.amount), (TradeKind::Refund, fen(350)));
        assert_eq!(refund.out_request_no.as_deref(), Some("P2026010101R1"));
        assert_eq!(bill.unread.len(), 1);
        assert!(bill.unread[0].contains("调账"));
    }

    #[test]
    fn a_bill_of_the_account_tells_what_came_in_from_what_went_out() {
        let bill = read(&zipped(&[("a.csv", MOVEMENTS.as_bytes())])).unwrap();
        let moved: Vec<_> =
            bill.movements.iter().map(|row| (row.id.as_str(), row.income, row.outgo)).collect();
        assert_eq!(moved, [("1", Some(fen(1000)), None), ("2", None, Some(fen(6)))]);
        assert_eq!(bill.movements[0].merchant_order_no.as_deref(), Some("P1"));
        assert_eq!(bill.unread.len(), 1);
    }

    #[test]
    fn a_name_with_a_quotation_mark_makes_no_row_vanish() {
        let evil = MOVEMENTS.replace("*三\t", "\"三\t");
        let bill = read(&zipped(&[("a.csv", evil.as_bytes())])).unwrap();
        assert_eq!(bill.movements, []);
        let [unread] = bill.unread.as_slice() else { panic!("{bill:?}") };
        assert!(unread.contains("10.00") && unread.contains("-0.06"), "{unread}");
    }

    #[test]
    fn an_empty_day_is_a_bill_without_rows() {
        let head: String = TRADES
            .lines()
            .filter(|line| line.starts_with('#') || line.starts_with('支'))
            .map(|l| format!("{l}\n"))
            .collect();
        assert_eq!(read(&zipped(&[("a.csv", &gbk(&head))])), Ok(Bill::default()));
    }

    #[test]
    fn what_is_no_bill_is_refused() {
        assert_eq!(read(b"<html>"), Err(BillError::NotZip));
        assert_eq!(read(&zipped(&[("b.csv", &gbk(SUMMARY))])), Err(BillError::NoTable));
        assert_eq!(read(&zipped(&[])), Err(BillError::NoTable));
        let many: Vec<String> = (0..=limits::ALIPAY_BILL_FILES_MAX).map(|n| n.to_string()).collect();
        let many: Vec<_> = many.iter().map(|name| (name.as_str(), b"".as_slice())).collect();
        assert_eq!(read(&zipped(&many)), Err(BillError::TooLarge));
        let zip = zipped(&[("a.csv", &gbk(TRADES))]);
        assert_eq!(read(&zip[..zip.len() / 2]), Err(BillError::NotZip));
    }

    proptest! {
        #[test]
        fn no_damage_makes_the_reader_panic(at in any::<prop::sample::Index>(), with in any::<u8>()) {
            let mut zip = zipped(&[("a.csv", TRADES.as_bytes())]);
            let at = at.index(zip.len());
            zip[at] = with;
            drop(read(&zip));
        }
    }
}
