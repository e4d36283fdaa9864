package app.matcha.bridge;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;
import static org.robolectric.Shadows.shadowOf;

import android.app.Notification;
import android.database.sqlite.SQLiteDatabase;
import android.os.Process;
import android.service.notification.StatusBarNotification;
import app.matcha.bridge.core.Outbox;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import org.junit.Before;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.Robolectric;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;

/** From the system's callback to the disk. The server cannot be reached, so that all that was heard still waits. */
@RunWith(RobolectricTestRunner.class)
public final class ReceiptListenerTest {
    private final TestApp app = (TestApp) RuntimeEnvironment.getApplication();
    private ReceiptListener listener;

    @Before
    public void pair() {
        app.paired();
        app.server.unreachable = true;
        listener = Robolectric.setupService(ReceiptListener.class);
    }

    private int waiting() {
        return app.bridge().status().waiting;
    }

    @Test
    public void a_receipt_is_on_the_disk_when_the_callback_returns() {
        listener.onNotificationPosted(Posted.receipt(app, "0.98", 0));
        SqliteOutbox reopened = new SqliteOutbox(app);
        List<Outbox.Row> rows = reopened.recent(10);
        assertEquals("微信支付收款0.98元(朋友到店)", rows.get(0).text);
        assertEquals(Outbox.Fate.WAITING, rows.get(0).state);
        reopened.close();
    }

    @Test
    public void a_second_payment_in_the_same_notification_is_kept_apart() {
        listener.onNotificationPosted(Posted.receipt(app, "0.98", 0));
        listener.onNotificationPosted(Posted.receipt(app, "0.98", 1));
        assertEquals(2, waiting());
    }

    @Test
    public void what_still_stands_is_read_on_connecting_and_what_was_heard_is_not_doubled() throws Exception {
        Notification heard = Posted.notification(app, "微信支付", "微信支付收款0.98元(朋友到店)");
        shadowOf(listener).addActiveNotification(Posted.of(Posted.WECHAT, heard, 0));
        shadowOf(listener).addActiveNotification(Posted.receipt(app, "0.97", 1));
        listener.onNotificationPosted(Posted.of(Posted.WECHAT, heard, 0));
        listener.onListenerConnected();
        listener.onListenerConnected();
        assertEquals(2, waiting());
        app.server.unreachable = false;
        app.bridge().deliverNow();
        app.settle();
        assertFalse(app.server.stored.get(0).getBoolean("recovered"));
        assertTrue(app.server.stored.get(1).getBoolean("recovered"));
    }

    @Test
    public void apps_that_are_not_watched_are_not_read() {
        listener.onNotificationPosted(Posted.of("com.android.chrome", Posted.notification(app, "a", "b"), 0));
        listener.onNotificationPosted(Posted.of(app.getPackageName(), Posted.notification(app, "a", "b"), 0));
        assertEquals(0, waiting());
        app.bridge().settings().watch(Collections.singleton("com.android.chrome"));
        listener.onNotificationPosted(Posted.of("com.android.chrome", Posted.notification(app, "a", "b"), 0));
        listener.onNotificationPosted(Posted.receipt(app, "0.98", 0));
        assertEquals(1, waiting());
    }

    @Test
    public void nothing_is_kept_before_pairing_and_after_unpairing() {
        app.bridge().unpair(true);
        listener.onNotificationPosted(Posted.receipt(app, "0.98", 0));
        assertEquals(0, waiting());
    }

    @Test
    public void hidden_texts_are_sent_and_counted() {
        listener.onNotificationPosted(Posted.of(Posted.WECHAT,
                Posted.notification(app, "WeChat", "Sensitive notification content hidden"), 0));
        listener.onNotificationPosted(Posted.of(Posted.WECHAT, Posted.notification(app, "", ""), 1));
        assertEquals(2, waiting());
        assertEquals(2, app.bridge().status().hidden);
        app.settle();
        assertTrue(Shown.alarm(app, Alarms.Kind.HIDDEN));
    }

    @Test
    public void nothing_at_all_is_survived() {
        listener.onNotificationPosted(null);
        listener.onNotificationPosted(Posted.of(Posted.WECHAT, Posted.with(null), 0));
        assertEquals("it is a notice without words", 1, app.bridge().status().hidden);
    }

    @Test
    public void a_disk_that_takes_nothing_is_counted_and_alarms_and_the_listener_lives() {
        listener.onNotificationPosted(Posted.receipt(app, "0.98", 0));
        sql("CREATE TRIGGER full BEFORE INSERT ON notices BEGIN SELECT RAISE(ABORT, 'no space left'); END");
        listener.onNotificationPosted(Posted.receipt(app, "0.97", 1));
        app.settle();
        assertEquals(1, app.bridge().status().lost);
        assertTrue(Shown.alarm(app, Alarms.Kind.LOST));
        sql("DROP TRIGGER full");
        listener.onNotificationPosted(Posted.receipt(app, "0.96", 2));
        assertEquals(2, waiting());
    }

    /** As another process would do it. */
    private void sql(String statement) {
        String file = app.getDatabasePath(OutboxFile.NAME).getPath();
        try (SQLiteDatabase other = SQLiteDatabase.openDatabase(file, null, SQLiteDatabase.OPEN_READWRITE)) {
            other.execSQL(statement);
        }
    }

    @Test
    public void a_notification_that_cannot_be_read_at_all_is_counted() {
        listener.onNotificationPosted(new StatusBarNotification(Posted.WECHAT, Posted.WECHAT, 1, null, 1, 0, 0,
                new Notification(), Process.myUserHandle(), 0) {
            @Override
            public String getKey() {
                throw new IllegalStateException();
            }
        });
        assertEquals(1, app.bridge().status().lost);
    }

    @Test
    public void the_heartbeat_tells_when_each_app_was_heard() {
        listener.onNotificationPosted(Posted.receipt(app, "0.98", 0));
        app.server.unreachable = false;
        app.bridge().deliverNow();
        app.settle();
        String at = app.server.heartbeats.get(app.server.heartbeats.size() - 1).getObject("last_callback")
                .getString(Posted.WECHAT);
        assertEquals(Instant.ofEpochMilli(app.now()).toString().substring(0, 16), at.substring(0, 16));
    }
}
