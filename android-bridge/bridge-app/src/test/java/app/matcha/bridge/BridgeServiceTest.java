package app.matcha.bridge;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;
import static org.robolectric.Shadows.shadowOf;

import android.app.Activity;
import android.app.Notification;
import android.app.PendingIntent;
import android.app.Service;
import android.content.Context;
import android.content.ContextWrapper;
import android.content.ComponentName;
import android.content.Intent;
import android.content.pm.ServiceInfo;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.Robolectric;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;
import org.robolectric.android.controller.ServiceController;

@RunWith(RobolectricTestRunner.class)
public final class BridgeServiceTest {
    private final TestApp app = (TestApp) RuntimeEnvironment.getApplication();

    private String started() {
        Intent intent = shadowOf(app).getNextStartedService();
        return intent == null ? null : intent.getComponent().getShortClassName();
    }

    private static boolean isForeground(BridgeService service) {
        return service.getForegroundServiceType() == ServiceInfo.FOREGROUND_SERVICE_TYPE_SPECIAL_USE;
    }

    @Test
    public void pairing_starts_it_and_unpairing_stops_it() {
        app.paired();
        assertEquals(".BridgeService", started());
        app.bridge().unpair(false);
        assertEquals(".BridgeService", shadowOf(app).getNextStoppedService().getComponent().getShortClassName());
    }

    @Test
    public void it_stands_in_the_foreground_and_comes_back_after_a_kill() {
        app.paired();
        ServiceController<BridgeService> controller = Robolectric.buildService(BridgeService.class).create();
        assertEquals(Service.START_STICKY, controller.get().onStartCommand(null, 0, 1));
        Notification standing = shadowOf(controller.get()).getLastForegroundNotification();
        assertEquals("Matcha is listening", standing.extras.getString(Notification.EXTRA_TITLE));
        assertTrue((standing.contentIntent.isImmutable()));
        assertTrue(app.bridge().status().foreground);
        controller.destroy();
        assertFalse(app.bridge().status().foreground);
    }

    @Test
    public void a_start_brings_everything_up_again() {
        app.paired();
        int before = app.server.heartbeats.size();
        Robolectric.buildService(BridgeService.class).create().startCommand(0, 1);
        app.settle();
        assertEquals(before + 1, app.server.heartbeats.size());
    }

    @Test
    public void the_standing_notification_tells_what_waits() {
        app.paired();
        app.server.unreachable = true;
        Robolectric.buildService(BridgeService.class).create();
        ReceiptListener listener = Robolectric.setupService(ReceiptListener.class);
        listener.onListenerConnected();
        listener.onNotificationPosted(Posted.receipt(app, "0.98", 0));
        app.settle();
        assertEquals("Notices that wait for the server: 1", Shown.text(Shown.bar(app).getNotification(Alarms.STANDING_ID)));
    }

    @Test
    public void a_system_that_does_not_allow_it_now_is_taken_at_its_word() {
        Context refusing = new ContextWrapper(app) {
            @Override
            public ComponentName startForegroundService(Intent service) {
                throw new IllegalStateException("not from the background");
            }
        };
        assertFalse(BridgeService.start(refusing));
    }

    @Test
    public void a_screen_that_opens_starts_it_again() {
        app.paired();
        assertEquals(".BridgeService", started());
        Robolectric.buildActivity(Activity.class).create().start();
        assertEquals(".BridgeService", started());
    }

    @Test
    public void all_pending_intents_are_immutable() {
        app.paired();
        app.settle();
        PendingIntent wakeup = shadowOf(app.getSystemService(android.app.AlarmManager.class)).peekNextScheduledAlarm().operation;
        assertTrue(wakeup.isImmutable());
    }
}
