package app.matcha.bridge;

import android.service.notification.NotificationListenerService;
import android.service.notification.StatusBarNotification;

/**
 * What the system calls when a notification is posted. Every call ends with the notice on the disk, and none ends with an
 * exception. Must keep its name: the owner's grant is for it.
 */
public final class ReceiptListener extends NotificationListenerService {
    @Override
    public void onNotificationPosted(StatusBarNotification posted) {
        if (posted != null) {
            bridge().heard(posted, false);
        }
    }

    /** The system read nothing to us while we were away; what still stands is read now. What was wiped away is gone. */
    @Override
    public void onListenerConnected() {
        bridge().listenerConnected();
        for (StatusBarNotification standing : standing()) {
            if (standing != null) {
                bridge().heard(standing, true);
            }
        }
    }

    @Override
    public void onListenerDisconnected() {
        bridge().listenerDisconnected();
    }

    @Override
    public void onDestroy() {
        bridge().listenerDisconnected();
        super.onDestroy();
    }

    private Bridge bridge() {
        return Bridge.of(this);
    }

    private StatusBarNotification[] standing() {
        try {
            StatusBarNotification[] standing = getActiveNotifications();
            return standing == null ? new StatusBarNotification[0] : standing;
        } catch (RuntimeException notNow) {
            // The binding was lost again meanwhile, or there is too much for one answer.
            return new StatusBarNotification[0];
        }
    }
}
