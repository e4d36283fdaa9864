// The merchant's books: accountlog.query, the day's bill as a zip of GBK tables, receipts that no trade stands behind.

import AdmZip from "adm-zip";

import { DAY, HOUR, SECOND, addMonths, parse, text } from "./clock.js";
import { node, reader, refuse } from "./answer.js";
import * as money from "./money.js";
import { decode, encode } from "./wire.js";
import { Conflict } from "./world.js";

const LINK_LIFE = 30 * SECOND;
const SPAN_MAX = 31 * DAY;
const AGE_MAX = 366 * DAY;
/** A day's bill is there from 9 o'clock of the next day, a month's from the third. */
const READY = { day: 9 * HOUR, month: 2 * DAY + 9 * HOUR };

/** The columns of the tables, as Alipay names them. */
const COLUMNS = {
  trades: [
    "支付宝交易号", "商户订单号", "业务类型", "商品名称", "创建时间", "完成时间", "门店编号", "门店名称", "操作员", "终端号", "对方账户",
    "订单金额（元）", "商家实收（元）", "支付宝红包（元）", "集分宝（元）", "支付宝优惠（元）", "商家优惠（元）", "券核销金额（元）", "券名称",
    "商家红包消费金额（元）", "卡消费金额（元）", "退款批次号/请求号", "服务费（元）", "分润（元）", "备注",
  ],
  totals: [
    "门店编号", "门店名称", "交易订单总笔数", "退款订单总笔数", "订单金额（元）", "商家实收（元）", "支付宝优惠（元）", "商家优惠（元）",
    "卡消费金额（元）", "服务费（元）", "分润（元）", "实收净额（元）",
  ],
  flow: [
    "账务流水号", "业务流水号", "商户订单号", "商品名称", "发生时间", "对方账号", "收入金额（+元）", "支出金额（-元）", "账户余额（元）",
    "交易渠道", "业务类型", "备注",
  ],
};

export class Bills {
  #world;

  constructor(world) {
    this.#world = world;
  }

  /** data.bill.accountlog.query. */
  log(call) {
    const { text: said, must, bad } = reader(call.biz, "");
    const [alipayNo, merchantNo] = [said("alipay_order_no", { max: 64 }), said("merchant_order_no", { max: 64 })];
    const now = this.#world.now();
    const shown = this.#world.ledger.filter(row => row.at + this.#world.settings.bill_delay_s * SECOND <= now);
    let rows;
    if (alipayNo || merchantNo) {
      rows = shown.filter(row => (alipayNo ? row.alipay_order_no === alipayNo : row.merchant_order_no === merchantNo));
    } else {
      const [from, to] = ["start_time", "end_time"].map(name => {
        const at = parse(must(name, { max: 19, like: /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/ }));
        if (at === undefined) throw bad(name, "is no time");
        return at;
      });
      if (to < from || to - from > SPAN_MAX) throw bad("end_time", "is before start_time, or more than 31 days after it");
      if (from < now - AGE_MAX) throw bad("start_time", "is more than a year ago");
      // The start belongs to the span, the end does not.
      rows = shown.filter(row => row.at >= from && row.at < to);
    }
    const page = Number(said("page_no", { like: /^[1-9]\d{0,5}$/ }) ?? 1);
    const size = Number(said("page_size", { like: /^[1-9]\d{0,3}$/ }) ?? 2000);
    if (size > 2000) throw bad("page_size", "is more than 2000");
    const list = rows.slice((page - 1) * size, page * size).map(row => this.#row(row));
    return node({
      page_no: String(page), page_size: String(size), total_size: String(rows.length),
      detail_list: list.length > 0 ? list : undefined,
    });
  }

  /** Money that a person paid by an ordinary transfer or a receive code: a row, with a trade's numbers if it says so. */
  receipt({ amount, memo, payer, at, type = "转账", direction = "收入", alipay_order_no, merchant_order_no }) {
    const fen = money.parse(amount);
    if (!fen) throw new Conflict(400, "amount is a text like 0.98");
    const row = this.#world.record(direction === "支出" ? -fen : fen, {
      type, memo, other: payer, alipay_order_no, merchant_order_no,
    });
    if (at !== undefined) row.at = parse(at) ?? row.at;
    return this.#row(row);
  }

  /** data.dataservice.bill.downloadurl.query: an address that lives for thirty seconds. */
  link(call) {
    const { must } = reader(call.biz, "");
    const type = must("bill_type", { max: 20 });
    const date = must("bill_date", { max: 15 });
    if (!["trade", "signcustomer"].includes(type)) throw refuse("TYPE_NOT_SUPPORTED");
    const monthly = /^\d{4}-\d{2}$/.test(date);
    const from = parse(monthly ? `${date}-01` : date);
    if (from === undefined || (!monthly && date.length !== 10)) throw refuse("INVAILID_ARGUMENTS");
    const to = monthly ? parse(addMonths(`${date}-01`, 1)) : from + DAY;
    if (this.#world.now() < to + READY[monthly ? "month" : "day"]) throw refuse("BILL_NOT_EXIST");
    const tables = type === "trade" ? this.#tradeTables(from, to) : this.#flowTables(from, to);
    if (tables.length === 0) throw refuse("NO_BILL_DATA");
    const token = this.#world.newToken();
    const account = `${this.#world.config.seller_id}0156`;
    const dates = date.replaceAll("-", "");
    const file = `${account}_${dates}.csv.zip`;
    this.#world.bills.set(token, { expires: this.#world.now() + LINK_LIFE, zip: zip(tables, `${account}_${dates}`) });
    const query = new URLSearchParams({
      bizType: type, userId: account, fileType: "csv.zip", bizDates: dates, downloadFileName: file,
      fileId: `/${type}/${account}/${dates}.csv.zip`, timestamp: String(Math.floor(this.#world.now() / SECOND)), token,
    });
    return node({ bill_download_url: `${this.#world.base}/downloadBillFile.resource?${query}` });
  }

  /** The file of an address; undefined for one that is unknown or older than thirty seconds. */
  file(token) {
    const bill = this.#world.bills.get(token);
    return bill && this.#world.now() <= bill.expires ? bill.zip : undefined;
  }

  #row(row) {
    return {
      account_log_id: row.account_log_id, alipay_order_no: row.alipay_order_no, merchant_order_no: row.merchant_order_no,
      trans_dt: text(row.at), trans_amount: money.print(row.fen), balance: money.print(row.balance),
      direction: row.direction, type: row.type, trans_memo: row.memo, other_account: row.other, biz_desc: row.biz_desc,
      merchant_out_refund_no: row.merchant_out_refund_no,
    };
  }

  #tradeTables(from, to) {
    const within = at => at !== undefined && at >= from && at < to;
    const orders = [...this.#world.orders.values()];
    const paid = orders.filter(order => within(order.paid));
    const pairs = orders.flatMap(order => (order.refunds ?? []).map(refund => [order, refund]));
    const back = pairs.filter(([, refund]) => within(refund.at));
    if (paid.length + back.length === 0) return [];
    const line = (order, kind, at, fen, received, number = "") => [
      `${order.trade_no}\t`, `${order.out_trade_no}\t`, `${kind}\t`, cell(order.subject), text(order.created), text(at),
      "\t", "\t", "\t", "\t", `${order.buyer.logon_id}\t`, money.print(fen), money.print(received), "0.00", "0.00", "0.00",
      money.print(fen - received), "0.00", "", "0.00\t", "0.00", `${number}\t`, "0.00", "0.00", "",
    ];
    const lines = [
      ...paid.map(order => line(order, "交易", order.paid, order.total, order.receipt)),
      ...back.map(([order, { at, amount, out_request_no }]) => line(order, "退款", at, -amount, -amount, out_request_no)),
    ];
    const sum = (list, of) => money.print(list.reduce((fen, one) => fen + of(one), 0));
    const [total, received] = [sum(paid, order => order.total), sum(paid, order => order.receipt)];
    const returned = sum(back, ([, refund]) => -refund.amount);
    const zeros = Array(5).fill("0.00");
    const totals = ["合计", "", paid.length, back.length, total, received, ...zeros, received];
    return [
      ["业务明细", this.#table("业务明细", from, to, COLUMNS.trades, lines, [
        `#交易合计：${paid.length}笔，商家实收共${received}元，商家优惠共0.00元`,
        `#退款合计：${back.length}笔，商家实收退款共${returned}元，商家优惠退款共0.00元`,
      ])],
      ["业务明细(汇总)", this.#table("业务汇总", from, to, COLUMNS.totals, [totals], [])],
    ];
  }

  #flowTables(from, to) {
    const rows = this.#world.ledger.filter(row => row.at >= from && row.at < to);
    if (rows.length === 0) return [];
    const part = (fen, shown) => (shown ? money.print(fen) : "0.00");
    const lines = rows.map(row => [
      `${row.account_log_id}\t`, `${row.alipay_order_no ?? ""}\t`, `${row.merchant_order_no ?? ""}\t`,
      `${cell(row.memo ?? "")}\t`, text(row.at), `${cell(row.other ?? "")}\t`, part(row.fen, row.fen > 0),
      part(row.fen, row.fen < 0), money.print(row.balance), "支付宝", cell(row.type), cell(row.memo ?? ""),
    ]);
    const [ins, outs] = [rows.filter(row => row.fen > 0), rows.filter(row => row.fen < 0)];
    const sum = list => money.print(list.reduce((fen, row) => fen + row.fen, 0));
    return [["账务明细", this.#table("账务明细", from, to, COLUMNS.flow, lines, [
      `#支出合计：${outs.length}笔，共${sum(outs)}元`, `#收入合计：${ins.length}笔，共${sum(ins)}元`,
    ])]];
  }

  #table(name, from, to, columns, rows, sums) {
    const chinese = ms => text(ms).replace(/(\d+)-(\d+)-(\d+)/, "$1年$2月$3日");
    return [
      `#支付宝${name}查询`, `#账号：[${this.#world.config.seller_id}0156]`,
      `#起始日期：[${chinese(from)}]   终止日期：[${chinese(to)}]`,
      `#-----------------------------------------${name}列表----------------------------------------`,
      ...[columns, ...rows].map(row => row.join(",")),
      `#-----------------------------------------${name}列表结束------------------------------------`,
      ...sums, `#导出时间：[${chinese(this.#world.now())}]`, "",
    ].join("\r\n");
  }
}

/** A cell that cannot break its row; Alipay's tables are not quoted. */
const cell = said => String(said).replace(/[,\r\n"]/g, " ");

/** The tables as GBK, under names that are GBK too and not marked as UTF-8, as Alipay packs them. */
function zip(tables, stem) {
  const decoder = { efs: false, encode: said => encode(said, "gbk"), decode: bytes => decode(Buffer.from(bytes), "gbk") };
  const packed = new AdmZip({ decoder });
  for (const [name, table] of tables) packed.addFile(`${stem}_${name}.csv`, encode(table, "gbk"));
  return packed.toBuffer();
}
