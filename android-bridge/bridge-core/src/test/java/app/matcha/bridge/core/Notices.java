package app.matcha.bridge.core;

/** Notices as wallets post them. */
public final class Notices {
    private Notices() {}

    /** 微信支付 tells that money came in. */
    public static Notice receipt(String amount, long postedAt) {
        return builder(amount, postedAt).build();
    }

    /** The same, to be changed before it is built. */
    public static Notice.Builder builder(String amount, long postedAt) {
        return Notice.builder("com.tencent.mm", postedAt).key("0|com.tencent.mm|-656511598|null|10123")
                .notificationId(-656_511_598).user(0).channelId("message_channel_new_id").title("微信支付")
                .text("微信支付收款" + amount + "元(朋友到店)");
    }

    /** The n-th of many, a second apart. */
    public static Notice numbered(int n) {
        return receipt(n / 100 + "." + n / 10 % 10 + n % 10, TestClock.START + n * 1000L);
    }
}
