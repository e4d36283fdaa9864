package app.matcha.bridge.e2e;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;
import static org.robolectric.Shadows.shadowOf;

import android.app.Notification;
import android.os.Looper;
import android.os.Process;
import android.service.notification.StatusBarNotification;
import app.matcha.bridge.Bridge;
import app.matcha.bridge.PairResult;
import app.matcha.bridge.ReceiptListener;
import app.matcha.bridge.Status;
import app.matcha.bridge.core.Outbox;
import app.matcha.bridge.core.TestKey;
import app.matcha.bridge.e2e.TlsRelay.Fate;
import com.grack.nanojson.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.After;
import org.junit.Before;
import org.junit.BeforeClass;
import org.junit.ClassRule;
import org.junit.rules.TemporaryFolder;
import org.junit.runner.RunWith;
import org.robolectric.Robolectric;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;
import org.robolectric.annotation.Config;
import org.robolectric.shadows.ShadowLooper;
import org.robolectric.shadows.ShadowSystemClock;

/**
 * The app against the real server, over TLS with a pinned key. What is real: the listener, the outbox on disk, the courier,
 * the signatures, the HTTP client, the server's binary. What is not: Android itself, which is Robolectric, and who posts
 * the notifications.
 *
 * <p>Every story ends in the same way: the server has each notice exactly once, and the right orders are paid.
 */
@RunWith(RobolectricTestRunner.class)
@Config(application = PhoneApp.class)
public abstract class RealServerCase {
    static final Duration QUARTER = Duration.ofMinutes(15);
    static final long MINUTE = 60_000;

    @ClassRule
    public static final TemporaryFolder FOLDER = new TemporaryFolder();

    static TestKey key;

    final PhoneApp phone = (PhoneApp) RuntimeEnvironment.getApplication();
    final Bridge bridge = Bridge.of(phone);
    /** What was posted, as the server should have it: time and text. */
    final List<String> posted = new ArrayList<>();
    TlsRelay relay;
    Matcha matcha;
    Owner owner;
    private ReceiptListener listener;

    @BeforeClass
    public static void makeTheKey() throws Exception {
        key = TestKey.make(FOLDER.getRoot().toPath(), "dns:pay.blog.example");
    }

    @Before
    public void openShop() throws Exception {
        relay = new TlsRelay(key);
        matcha = new Matcha(FOLDER.getRoot().toPath(), relay.url());
        relay.forwardTo(matcha.start());
        relay.onKill(matcha::kill);
        owner = new Owner(matcha);
        owner.openShop();
        listener = Robolectric.setupService(ReceiptListener.class);
    }

    @After
    public void close() throws Exception {
        bridge.unpair(true);
        settle();
        if (relay != null) {
            relay.close();
        }
        if (matcha != null) {
            matcha.close();
        }
    }

    final PairResult pair(String pin) throws Exception {
        List<PairResult> results = new ArrayList<>();
        bridge.pair(owner.pairingLink(pin), "柜台", false, results::add);
        // The code is exchanged on a thread of its own, which ends within the phone's patience.
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            if (thread.getName().equals("pairing")) {
                thread.join();
            }
        }
        settle();
        return results.get(0);
    }

    final void pair() throws Exception {
        PairResult result = pair(key.pin().toString());
        assertTrue(result.code, result.ok);
    }

    /** WeChat posts something, at a time by the phone's clock. */
    final void post(String title, String text, long postedAt) {
        Notification notification = new Notification.Builder(phone, "message_channel_new_id").setContentTitle(title)
                .setContentText(text).setWhen(postedAt).build();
        int id = title.equals("微信支付") ? -656_511_598 : title.hashCode();
        listener.onNotificationPosted(new StatusBarNotification("com.tencent.mm", "com.tencent.mm", id, null, 10_123, 0, 0,
                notification, Process.myUserHandle(), postedAt));
        posted.add(Instant.ofEpochMilli(postedAt) + " " + text);
    }

    final void receipt(String amount, long postedAt) {
        post("微信支付", "微信支付收款" + amount + "元(朋友到店)", postedAt);
    }

    /** So many messages of friends, the last of them now. */
    final void chatter(int count) {
        long now = phone.nowMillis();
        for (int n = count - 1; n >= 0; n--) {
            post("张三", "在吗? 第 " + n + " 次", now - 1000L * n);
        }
    }

    /** Waits until both threads have done all that is due. */
    final void settle() {
        for (int round = 0; round < 3; round++) {
            for (Looper looper : ShadowLooper.getAllLoopers()) {
                if (looper.getThread().getName().equals("delivery") && looper.getThread().isAlive()) {
                    shadowOf(looper).idle();
                }
            }
            shadowOf(Looper.getMainLooper()).idle();
        }
    }

    final void pass(Duration time) {
        ShadowSystemClock.advanceBy(time);
        settle();
    }

    /** Quarters of an hour go by until nothing waits; a server that was killed is started again. */
    final void deliverAll() throws Exception {
        settle();
        for (int rounds = 0; bridge.status().waiting > 0 || relay.hasNext(); rounds++) {
            assertTrue("still waiting: " + bridge.status().waiting + " " + bridge.status().code, rounds < 60);
            if (!matcha.isRunning()) {
                relay.forwardTo(matcha.start());
            }
            if (bridge.status().waiting == 0) {
                chatter(1);
            }
            pass(QUARTER);
        }
        if (!matcha.isRunning()) {
            relay.forwardTo(matcha.start());
        }
    }

    final void everyNoticeIsThereOnce() throws Exception {
        List<String> stored = new ArrayList<>();
        for (JsonObject notice : owner.all("/notices")) {
            JsonObject raw = notice.getObject("raw");
            stored.add(Instant.parse(raw.getString("posted_at")) + " " + raw.getString("text"));
        }
        Collections.sort(stored);
        Collections.sort(posted);
        assertEquals(posted, stored);
        Status status = bridge.status();
        assertEquals(0, status.waiting);
        assertEquals(0, status.parked);
        assertEquals(0, status.dropped);
        for (Outbox.Row row : bridge.recent(posted.size())) {
            assertEquals(Outbox.Fate.STORED, row.state);
        }
    }

    final void isPaid(Owner.Order order) throws Exception {
        assertEquals("an order of ¥" + order.amount, "paid", owner.status(order));
    }

    final void isPending(Owner.Order order) throws Exception {
        assertEquals("an order of ¥" + order.amount, "pending", owner.status(order));
    }
}
