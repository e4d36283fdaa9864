// What the first part says: [Chinese, English]. `$` is filled in. The build turns each name into a number and each
// language into one text, so `t(words.read)` costs a few bytes and still says what it means.

export default {
  lang: ["zh-CN", "en"],
  wechat: ["微信", "WeChat"],
  alipay: ["支付宝", "Alipay"],
  read: ["展开阅读全文", "Read on"],
  resume: ["继续付款", "Go on paying"],
  off: ["暂停出售", "Not on sale"],
  wait: ["请稍候…", "One moment…"],
  have: ["已购买？输入恢复码", "Bought it? Enter the recovery code"],
  wrong: ["这个恢复码不能打开本文", "This code does not open this article"],
  close: ["关闭", "Close"],
  retry: ["重试", "Try again"],
  choose: ["选择付款方式", "How will you pay?"],
  scan: ["用$扫码付款", "Pay with $"],
  must: ["请务必支付 $ 元, 多付少付都不能自动解锁", "Pay exactly ¥$: more or less cannot be unlocked automatically"],
  left: ["剩余 $", "$ left"],
  seconds: ["$ 秒", "$ seconds"],
  expired: ["付款码已过期", "This code has expired"],
  twice: ["若已付款请勿重复支付", "If you have paid, do not pay again"],
  again: ["重新获取付款码", "Get a new code"],
  offline: ["连接不上服务器，请检查网络", "Cannot reach the server: check your network"],
  broken: ["密文有误或版本不符，请刷新或联系作者，购买不会丢失", "The text is damaged or outdated: reload or ask the author. No purchase is lost"],
  https: ["请用 https 地址打开本页", "Open this page by its https address"],
  keep: ["已解锁。请保存恢复码，换设备时凭它阅读", "Unlocked. Keep the recovery code for other devices"],
};
