package app.matcha.bridge;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNotNull;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertTrue;
import static org.robolectric.Shadows.shadowOf;

import android.app.AlarmManager;
import android.content.Intent;
import app.matcha.bridge.core.Courier;
import com.grack.nanojson.JsonObject;
import java.time.Duration;
import java.util.Arrays;
import org.junit.Before;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.Robolectric;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;
import org.robolectric.shadows.ShadowAlarmManager;
import org.robolectric.shadows.ShadowPowerManager;

/** When something is sent, and what wakes the phone for it. How it is sent is tested in the core. */
@RunWith(RobolectricTestRunner.class)
public final class DeliveryTest {
    private final TestApp app = (TestApp) RuntimeEnvironment.getApplication();
    private ReceiptListener listener;

    @Before
    public void pair() {
        app.paired();
        listener = Robolectric.setupService(ReceiptListener.class);
    }

    private void hear(String amount, int n) {
        listener.onNotificationPosted(Posted.receipt(app, amount, n));
    }

    private Status status() {
        return app.bridge().status();
    }

    private ShadowAlarmManager.ScheduledAlarm wakeup() {
        return shadowOf(app.getSystemService(AlarmManager.class)).peekNextScheduledAlarm();
    }

    @Test
    public void what_is_heard_is_stored_by_the_server_at_once() {
        hear("0.98", 0);
        app.settle();
        assertEquals(Arrays.asList("微信支付收款0.98元(朋友到店)"), app.server.texts());
        assertEquals(0, status().waiting);
        assertEquals(app.now(), status().lastStoredAt, 1000);
        assertEquals(Courier.Result.Kind.IDLE, status().courier);
    }

    @Test
    public void retries_come_by_themselves_and_nothing_is_lost_or_doubled() {
        app.server.unreachable = true;
        hear("0.98", 0);
        app.settle();
        assertEquals(Courier.Result.Kind.WAIT, status().courier);
        assertEquals("unreachable", status().code);
        app.pass(Duration.ofMinutes(20));
        hear("0.97", 1);
        app.server.unreachable = false;
        app.pass(Duration.ofMinutes(16));
        assertEquals(Arrays.asList("微信支付收款0.98元(朋友到店)", "微信支付收款0.97元(朋友到店)"), app.server.texts());
    }

    @Test
    public void the_heartbeat_comes_every_minute_and_says_how_the_phone_is() {
        listener.onListenerConnected();
        app.settle();
        int before = app.server.heartbeats.size();
        app.pass(Duration.ofMinutes(5));
        assertEquals(before + 5, app.server.heartbeats.size());
        JsonObject said = app.server.heartbeats.get(before);
        assertTrue(said.getBoolean("listener_connected"));
        assertFalse(said.getBoolean("listener_granted", true));
        assertEquals(0, said.getInt("outbox_depth", -1));
        assertEquals("0.1.0", said.getString("app_version"));
        assertEquals(34, said.getInt("sdk"));
        assertNotNull(said.getObject("battery").get("exempt"));
        assertNotNull(said.getString("network"));
        assertTrue(said.has("foreground") && said.has("notifications_allowed") && said.has("clock_offset_ms"));
        assertEquals(app.now(), status().lastHeartbeatAt, 61_000);
    }

    @Test
    public void a_heartbeat_that_does_not_come_through_is_seen_although_nothing_waits() {
        app.server.unreachable = true;
        app.pass(Duration.ofMinutes(1));
        assertEquals(Courier.Result.Kind.WAIT, status().courier);
        assertEquals("unreachable", status().code);
        app.server.unreachable = false;
        app.pass(Duration.ofMinutes(1));
        assertEquals(Courier.Result.Kind.IDLE, status().courier);
    }

    @Test
    public void a_refusal_stops_delivery_and_alarms_and_capture_goes_on() {
        app.server.refuses = "401 revoked_device";
        hear("0.98", 0);
        app.settle();
        assertEquals(Courier.Result.Kind.STOPPED, status().courier);
        assertEquals("revoked_device", status().code);
        assertTrue(Shown.alarm(app, Alarms.Kind.STOPPED));
        int asked = app.server.asked.size();
        hear("0.97", 1);
        app.pass(Duration.ofHours(1));
        assertEquals("a refused phone does not knock", asked, app.server.asked.size());
        assertEquals(2, status().waiting);
        assertNull("nor wake for it", wakeup());
        app.server.refuses = null;
        app.bridge().tryAgain();
        app.settle();
        assertEquals(0, status().waiting);
        assertFalse(Shown.alarm(app, Alarms.Kind.STOPPED));
    }

    @Test
    public void a_refused_heartbeat_stops_the_courier_too() {
        app.server.refuses = "401 unknown_device";
        app.pass(Duration.ofMinutes(1));
        assertEquals(Courier.Result.Kind.STOPPED, status().courier);
        assertEquals("unknown_device", status().code);
    }

    @Test
    public void the_owner_need_not_wait() {
        app.server.unreachable = true;
        hear("0.98", 0);
        app.pass(Duration.ofMinutes(30));
        app.server.unreachable = false;
        app.bridge().deliverNow();
        app.settle();
        assertEquals(1, app.server.stored.size());
    }

    @Test
    public void the_processor_is_kept_awake_for_work_and_short_waits_and_no_longer() {
        hear("0.98", 0);
        assertTrue("from the callback on", ShadowPowerManager.getLatestWakeLock().isHeld());
        app.settle();
        assertFalse(ShadowPowerManager.getLatestWakeLock().isHeld());
        app.server.unreachable = true;
        hear("0.97", 1);
        app.settle();
        assertTrue("the first retries come within seconds", ShadowPowerManager.getLatestWakeLock().isHeld());
    }

    @Test
    public void the_phone_is_woken_for_a_heartbeat_before_the_server_calls_it_silent() {
        app.settle();
        ShadowAlarmManager.ScheduledAlarm wakeup = wakeup();
        long in = wakeup.getTriggerAtMs() - android.os.SystemClock.elapsedRealtime();
        assertTrue("in " + in, in > 0 && in <= Wakeup.BEAT_AT_LATEST);
        assertTrue(wakeup.isAllowWhileIdle());
        int before = app.server.heartbeats.size();
        new StartReceiver().onReceive(app, new Intent(Wakeup.ACTION));
        app.settle();
        assertEquals(before + 1, app.server.heartbeats.size());
    }

    @Test
    public void notices_that_wait_for_long_alarm_until_they_are_delivered() {
        app.server.unreachable = true;
        hear("0.98", 0);
        app.pass(Duration.ofMinutes(14));
        assertFalse(Shown.alarm(app, Alarms.Kind.LATE));
        app.pass(Duration.ofMinutes(20));
        assertTrue(Shown.alarm(app, Alarms.Kind.LATE));
        app.server.unreachable = false;
        app.bridge().deliverNow();
        app.settle();
        assertFalse(Shown.alarm(app, Alarms.Kind.LATE));
    }
}
