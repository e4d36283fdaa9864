package app.matcha.bridge;

import android.app.Notification;
import android.content.Context;
import android.os.Bundle;
import android.os.Process;
import android.os.UserHandle;
import android.service.notification.StatusBarNotification;
import app.matcha.bridge.core.TestClock;

/** Notifications as the system hands them over. */
final class Posted {
    static final String WECHAT = "com.tencent.mm";
    static final int WECHAT_PAY = -656_511_598;

    private Posted() {}

    /** 微信支付 tells that money came in; a second later each time {@code n} grows by one. */
    static StatusBarNotification receipt(Context context, String amount, int n) {
        return of(WECHAT, notification(context, "微信支付", "微信支付收款" + amount + "元(朋友到店)"), n);
    }

    static Notification notification(Context context, CharSequence title, CharSequence text) {
        return new Notification.Builder(context, "message_channel_new_id").setContentTitle(title).setContentText(text)
                .setTicker(title + ": " + text).setWhen(TestClock.START).build();
    }

    static Notification with(Bundle extras) {
        Notification notification = new Notification();
        notification.extras = extras;
        return notification;
    }

    static StatusBarNotification of(String packageName, Notification notification, int n) {
        return of(packageName, WECHAT_PAY, null, notification, n);
    }

    static StatusBarNotification of(String packageName, int id, String tag, Notification notification, int n) {
        UserHandle user = Process.myUserHandle();
        return new StatusBarNotification(packageName, packageName, id, tag, 10_123, 0, 0, notification, user,
                TestClock.START + n * 1000L);
    }
}
