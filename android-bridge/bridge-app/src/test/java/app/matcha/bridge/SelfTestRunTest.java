package app.matcha.bridge;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNotEquals;
import static org.junit.Assert.assertNotNull;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertTrue;

import android.app.NotificationManager;
import android.service.notification.StatusBarNotification;
import java.time.Duration;
import org.junit.Before;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.Robolectric;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;

@RunWith(RobolectricTestRunner.class)
public final class SelfTestRunTest {
    private final TestApp app = (TestApp) RuntimeEnvironment.getApplication();
    private ReceiptListener listener;
    private SelfTest test;

    @Before
    public void pair() {
        app.paired();
        listener = Robolectric.setupService(ReceiptListener.class);
        test = app.bridge().selfTest();
        assertEquals(SelfTest.State.IDLE, test.state());
    }

    /** What the system would hand to the listener. */
    private StatusBarNotification shown() {
        for (StatusBarNotification shown : app.getSystemService(NotificationManager.class).getActiveNotifications()) {
            if (shown.getId() == Alarms.TEST_ID) {
                return Posted.of(app.getPackageName(), shown.getId(), shown.getTag(), shown.getNotification(), 0);
            }
        }
        return null;
    }

    @Test
    public void it_goes_the_way_of_every_receipt_to_the_server() {
        test.start();
        assertEquals(SelfTest.State.POSTED, test.state());
        app.pass(Duration.ofSeconds(2));
        listener.onNotificationPosted(shown());
        assertEquals(SelfTest.State.HEARD, test.state());
        assertNull("its notification is taken away", shown());
        app.settle();
        assertEquals(SelfTest.State.STORED, test.state());
        assertTrue(test.postedAfterMillis() >= 0);
        assertEquals(2000, test.heardAfterMillis());
        assertTrue(test.storedAfterMillis() >= 2000);
        assertEquals("Matcha self-test", app.server.stored.get(0).getString("title"));
        assertEquals(app.getPackageName(), app.server.stored.get(0).getString("package"));
    }

    @Test
    public void an_app_that_may_not_show_notifications_fails_at_once() {
        Shown.bar(app).setNotificationsEnabled(false);
        test.start();
        assertEquals(SelfTest.State.FAILED, test.state());
        assertEquals(SelfTest.State.POSTED, test.failedAt());
        assertEquals(-1, test.postedAfterMillis());
    }

    @Test
    public void what_the_listener_does_not_hear_fails_there() {
        test.start();
        app.pass(Duration.ofMillis(SelfTestRun.HEAR_MAX + 1000));
        assertEquals(SelfTest.State.FAILED, test.state());
        assertEquals(SelfTest.State.HEARD, test.failedAt());
        assertNull(shown());
    }

    @Test
    public void what_the_server_does_not_store_fails_there_and_waits_like_any_other() {
        app.server.unreachable = true;
        test.start();
        listener.onNotificationPosted(shown());
        app.pass(Duration.ofMillis(SelfTestRun.STORE_MAX + 1000));
        assertEquals(SelfTest.State.FAILED, test.state());
        assertEquals(SelfTest.State.STORED, test.failedAt());
        assertEquals(1, app.bridge().status().waiting);
    }

    @Test
    public void another_start_is_another_test_and_only_its_own_notification_counts() {
        test.start();
        StatusBarNotification first = shown();
        test.start();
        StatusBarNotification second = shown();
        assertNotEquals(first.getTag(), second.getTag());
        listener.onNotificationPosted(first);
        assertEquals(SelfTest.State.POSTED, test.state());
        listener.onNotificationPosted(Posted.of("an.imitator", second.getId(), second.getTag(), second.getNotification(), 0));
        assertEquals(SelfTest.State.POSTED, test.state());
        listener.onNotificationPosted(second);
        assertEquals(SelfTest.State.HEARD, test.state());
    }

    @Test
    public void a_cancelled_one_leaves_nothing_behind() {
        test.start();
        assertNotNull(shown());
        test.cancel();
        assertEquals(SelfTest.State.IDLE, test.state());
        assertNull(shown());
        app.pass(Duration.ofMinutes(2));
        assertEquals(SelfTest.State.IDLE, test.state());
    }
}
