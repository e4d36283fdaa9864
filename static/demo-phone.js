// The sample phone: writes notifications as WeChat and Alipay do and hands them to the demo server, the way the
// bridge app on a real phone does. Texts are the ones phones were seen to show; ids are those of the real announcers.
(() => {
  "use strict";
  const STATE_EVERY_MS = 2000;
  const WECHAT = { package: "com.tencent.mm", title: "微信支付", notification_id: -656511598 };
  const CLERK = { package: "com.tencent.mm", title: "微信收款助手", notification_id: -124356843 };
  const ALIPAY = { package: "com.eg.android.AlipayGphone" };
  const TEMPLATES = [
    { label: "微信支付 · 朋友到店", channel: "wechat", ...WECHAT, text: yuan => `微信支付收款${yuan}元(朋友到店)` },
    { label: "微信支付 · 个人收款码到账", channel: "wechat", ...WECHAT, text: yuan => `个人收款码到账¥${yuan}` },
    { label: "微信支付 · 第 2 条起", channel: "wechat", ...WECHAT, text: yuan => `[2条]微信支付: 微信支付收款${yuan}元(朋友到店)` },
    { label: "微信收款助手 · 店员消息", channel: "wechat", ...CLERK, text: yuan => `[店员消息]收款到账${yuan}元` },
    { label: "支付宝 · 你已成功收款", channel: "alipay", ...ALIPAY, title: yuan => `你已成功收款${yuan}元`, text: "已转入余额 立即查看余额>>" },
    { label: "自己写", package: WECHAT.package, free: true },
  ];
  const CHANNELS = { wechat: "微信", alipay: "支付宝", alipay_official: "支付宝（官方）" };
  const OUTCOMES = {
    settled: "已认出，订单已付", late: "已认出，迟到的付款", echo: "同一笔的回声", inbox: "没有把握，进了收件箱",
    stored: "已存下", ignored: "不是收款", duplicate: "重复的通知", scheduled: "在路上",
  };

  const $ = id => document.getElementById(id);
  const el = (tag, look, ...kids) => {
    const node = document.createElement(tag);
    node.className = look;
    node.append(...kids);
    return node;
  };
  const minutes = ms => `${Math.floor(ms / 60000)}:${`${Math.floor(ms / 1000) % 60}`.padStart(2, "0")}`;
  const appOf = notice => (notice.package === ALIPAY.package || /支付宝|成功收款/.test(notice.title) ? "支付宝" : "微信");

  // ---- the notice being written

  const chosen = () => TEMPLATES[$("template").value];

  function fill() {
    const template = chosen(), yuan = $("amount").value || "0.00";
    const say = part => (typeof part === "function" ? part(yuan) : part);
    for (const field of ["title", "text"]) {
      $(field).readOnly = !template.free;
      if (!template.free) $(field).value = say(template[field]);
    }
  }

  function pick(order) {
    $("amount").value = order.amount;
    const fits = TEMPLATES.findIndex(template => template.channel === order.channel);
    if (fits >= 0 && chosen().channel !== order.channel) $("template").value = fits;
    fill();
  }

  // ---- what the server knows

  let shown = "";

  function drawOrders(orders) {
    const live = orders.filter(order => order.status === "pending" || order.status === "expired");
    $("no-orders").hidden = live.length > 0;
    const have = new Map([...$("orders").children].map(node => [node.dataset.id, node]));
    $("orders").replaceChildren(...live.map(order => {
      let node = have.get(order.id); // kept, so that the focus stays where it is
      if (!node) {
        node = el("button", "order", el("b", ""), el("span", ""));
        node.type = "button";
        node.dataset.id = order.id;
        node.onclick = () => pick(order);
      }
      const left = order.status === "pending" ? `剩余 ${minutes(order.expires_in_ms)}` : "已过期";
      node.firstChild.textContent = `¥${order.amount}`;
      node.lastChild.textContent = `${CHANNELS[order.channel] || order.channel} · ${order.product} · ${left}`;
      return node;
    }));
    if (!$("amount").value && live.length) pick(live[0]);
  }

  // On its way: sent from here and not yet among what the server has seen.
  let onTheWay = [];

  function drawDrawer(recent) {
    const rows = [...onTheWay.map(notice => ({ ...notice, outcome: "scheduled" })), ...recent];
    const now = JSON.stringify(rows);
    if (now === shown) return; // a screen reader hears only what is new
    shown = now;
    $("empty").hidden = rows.length > 0;
    $("drawer").replaceChildren(...rows.map(notice => {
      const app = appOf(notice);
      const words = OUTCOMES[notice.outcome] || notice.outcome;
      return el("li", `note ${notice.outcome}`,
        el("p", "app", el("span", `icon ${app === "微信" ? "green" : "blue"}`, app === "微信" ? "微" : "支"), app),
        el("p", "title", notice.title), el("p", "text", notice.text),
        el("p", "outcome", notice.amount ? `读出 ¥${notice.amount} · ${words}` : words));
    }));
  }

  async function refresh() {
    if (document.hidden) return;
    try {
      const answer = await fetch("/demo/phone/state", { cache: "no-store" });
      if (!answer.ok) throw new Error(answer.status);
      const state = await answer.json();
      drawOrders(state.orders);
      drawDrawer(state.recent);
      if ($("answer").dataset.offline) $("answer").textContent = $("answer").dataset.offline = "";
    } catch {
      $("answer").textContent = "连接不上服务器";
      $("answer").dataset.offline = "yes";
    }
  }

  // ---- sending

  async function send(event) {
    event.preventDefault();
    const template = chosen();
    const notice = {
      title: $("title").value,
      text: $("text").value,
      package: template.package,
      ...(template.notification_id && { notification_id: template.notification_id }),
      ago_ms: Math.round($("ago").value * 1000),
      delay_ms: Math.round($("delay").value * 1000),
    };
    onTheWay.unshift(notice);
    $("answer").textContent = notice.delay_ms ? `${$("delay").value} 秒后送到服务器…` : "正在送到服务器…";
    refresh();
    let words;
    try {
      const answer = await fetch("/demo/phone/notices", {
        method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(notice),
      });
      const data = await answer.json().catch(() => ({}));
      words = answer.ok ? OUTCOMES[data.outcome] || data.outcome : data.detail || `服务器答 ${answer.status}`;
    } catch {
      words = "没有送到：连接不上服务器";
    }
    onTheWay = onTheWay.filter(other => other !== notice);
    $("answer").textContent = words;
    refresh();
  }

  // ---- start

  TEMPLATES.forEach((template, at) => $("template").append(new Option(template.label, at)));
  $("template").onchange = $("amount").oninput = fill;
  $("form").onsubmit = send;
  const clock = () => {
    $("clock").textContent = $("big-clock").textContent = new Date().toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit" });
  };
  clock();
  fill();
  refresh();
  setInterval(() => { clock(); refresh(); }, STATE_EVERY_MS);
  document.addEventListener("visibilitychange", refresh);
})();
