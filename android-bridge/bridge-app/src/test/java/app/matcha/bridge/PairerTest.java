package app.matcha.bridge;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertTrue;

import app.matcha.bridge.core.Courier;
import java.util.Arrays;
import java.util.Collections;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.Robolectric;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;

@RunWith(RobolectricTestRunner.class)
public final class PairerTest {
    private static final String PIN = "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

    private final TestApp app = (TestApp) RuntimeEnvironment.getApplication();

    private String pair(String link, boolean plain) {
        PairResult[] result = new PairResult[1];
        app.bridge().pair(link, "counter", plain, done -> result[0] = done);
        assertNull("it is told on the main thread, when that has time", result[0]);
        app.settle();
        return result[0].ok ? "ok" : result[0].code;
    }

    @Test
    public void a_link_makes_this_phone_known_to_its_server() {
        assertFalse(app.bridge().status().paired);
        assertEquals("not_paired", startedUnpaired().code);
        assertEquals("ok", pair("Tap: " + TestApp.LINK + "&pin=sha256%2F" + PIN.substring(7) + " now", false));
        Status now = app.bridge().status();
        assertTrue(now.paired && now.keyInKeystore);
        assertEquals("pay.example.com", now.serverHost);
        assertEquals("dev_1", now.deviceId);
        assertEquals(Courier.Result.Kind.IDLE, now.courier);
        assertEquals("https://pay.example.com/api/v1/bridge/pair", app.server.asked.get(0));
        assertEquals(PIN, app.server.pin.toString());
    }

    private Status startedUnpaired() {
        app.bridge().deliverNow();
        app.settle();
        return app.bridge().status();
    }

    @Test
    public void the_pairing_outlives_the_process() {
        app.paired();
        Identity after = new Identity(app);
        assertEquals("dev_1", after.deviceId());
        assertEquals("https://pay.example.com", after.server().base());
        assertNull(after.pin());
    }

    @Test
    public void what_does_not_work_changes_nothing() {
        app.paired();
        assertEquals("no_link", pair("hello", false));
        assertEquals("plain_http_off", pair("matcha://pair?server=http%3A%2F%2F192.168.1.5&code=BCDFG-HJKLM", false));
        assertEquals("plain_http_public", pair("matcha://pair?server=http%3A%2F%2Fpay.example.com&code=BCDFG-HJKLM", true));
        app.server.refuses = "401 bad_pairing_code";
        assertEquals("bad_pairing_code", pair(TestApp.LINK, false));
        app.server.refuses = null;
        app.server.unreachable = true;
        assertEquals("unreachable", pair(TestApp.LINK, false));
        assertEquals("dev_1", app.bridge().status().deviceId);
        assertEquals(Collections.singleton("dev_1"), app.keystore.keys.keySet());
    }

    @Test
    public void plain_http_goes_to_a_private_address_once_it_is_switched_on() {
        assertEquals("ok", pair("matcha://pair?server=http%3A%2F%2F192.168.1.5%3A8080&code=BCDFG-HJKLM", true));
        assertEquals("http://192.168.1.5:8080/api/v1/bridge/pair", app.server.asked.get(0));
        app.bridge().deliverNow();
        app.settle();
        assertEquals("http://192.168.1.5:8080/api/v1/bridge/heartbeat", app.server.asked.get(app.server.asked.size() - 1));
    }

    @Test
    public void pairing_again_takes_what_waits_along_and_ends_a_refusal() {
        app.paired();
        app.server.refuses = "401 revoked_device";
        Robolectric.setupService(ReceiptListener.class).onNotificationPosted(Posted.receipt(app, "0.98", 0));
        app.settle();
        assertEquals(Courier.Result.Kind.STOPPED, app.bridge().status().courier);
        app.server.refuses = null;
        app.server.deviceId = "dev_2";
        assertEquals("ok", pair(TestApp.LINK, false));
        assertEquals(Arrays.asList("微信支付收款0.98元(朋友到店)"), app.server.texts());
        assertEquals("the old key is gone", Collections.singleton("dev_2"), app.keystore.keys.keySet());
        assertFalse(Shown.alarm(app, Alarms.Kind.STOPPED));
    }

    @Test
    public void a_keystore_that_fails_or_lies_is_replaced_by_a_file_and_told() {
        for (PretendKeystore.Mood mood : new PretendKeystore.Mood[] {PretendKeystore.Mood.FAILS, PretendKeystore.Mood.LIES}) {
            app.keystore.mood = mood;
            assertEquals("ok", pair(TestApp.LINK, false));
            assertFalse(app.bridge().status().keyInKeystore);
            assertEquals(Courier.Result.Kind.IDLE, app.bridge().status().courier);
        }
    }

    @Test
    public void a_keystore_that_fails_later_is_waited_for() {
        app.paired();
        app.keystore.mood = PretendKeystore.Mood.FAILS;
        Robolectric.setupService(ReceiptListener.class).onNotificationPosted(Posted.receipt(app, "0.98", 0));
        app.settle();
        assertEquals("key_unavailable", app.bridge().status().code);
        app.keystore.mood = PretendKeystore.Mood.WORKS;
        app.bridge().deliverNow();
        app.settle();
        assertEquals(1, app.server.stored.size());
    }

    @Test
    public void unpairing_forgets_key_and_server_and_what_waits_only_if_asked_to() {
        app.paired();
        app.server.unreachable = true;
        Robolectric.setupService(ReceiptListener.class).onNotificationPosted(Posted.receipt(app, "0.98", 0));
        app.bridge().unpair(false);
        app.settle();
        Status now = app.bridge().status();
        assertFalse(now.paired);
        assertNull(now.serverHost);
        assertEquals("not_paired", now.code);
        assertEquals(1, now.waiting);
        assertTrue(app.keystore.keys.isEmpty());
        app.bridge().unpair(true);
        assertEquals(0, app.bridge().status().waiting);
    }

    @Test
    public void the_diagnostics_hold_no_secret_and_no_text() {
        app.paired();
        Robolectric.setupService(ReceiptListener.class).onNotificationPosted(Posted.receipt(app, "0.98", 0));
        app.settle();
        String text = app.bridge().diagnostics();
        assertTrue(text, text.contains("server: https pay.example.com") && text.contains("storage: wal, synchronous 2"));
        assertTrue(text, text.contains("com.tencent.mm title:4 text:17 STORED"));
        for (String secret : new String[] {"微信", "0.98", "whsec_", "BCDFG", PretendServer.SECRET.substring(6)}) {
            assertFalse(secret, text.contains(secret));
        }
    }
}
