package app.matcha.bridge;

import static org.robolectric.Shadows.shadowOf;

import android.app.Notification;
import android.app.NotificationManager;
import android.content.Context;
import org.robolectric.shadows.ShadowNotificationManager;

/** What stands in the status bar. */
final class Shown {
    private Shown() {}

    static ShadowNotificationManager bar(Context context) {
        return shadowOf(context.getSystemService(NotificationManager.class));
    }

    static boolean alarm(Context context, Alarms.Kind kind) {
        return bar(context).getNotification(kind.id()) != null;
    }

    static String text(Notification notification) {
        return String.valueOf(notification.extras.getCharSequence(Notification.EXTRA_TEXT));
    }
}
