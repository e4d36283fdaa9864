package app.matcha.bridge.core;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import com.grack.nanojson.JsonObject;
import java.util.Map;
import org.junit.Test;

public final class HealthTest {
    private static final String SENT_AT = "2026-11-20T04:00:00.000Z";

    private final TestClock clock = new TestClock();
    private final ClockOffset offset = new ClockOffset(clock, new MemoryState());

    private Health full() {
        return new Health().appVersion("0.1.0").listener(true, true)
                .outbox(new Outbox.Counts(3, TestClock.START - 60_000, 1, 2, 4)).battery(80, true, false)
                .notificationsAllowed(true).foreground(true).network("wifi").clockOffset(offset)
                .lastCallback("com.tencent.mm", TestClock.START - 1000).phone(34, "Xiaomi", "Mi 6", "HyperOS 2.0");
    }

    @Test
    public void all_that_is_known_is_told_under_the_names_of_the_contract() {
        offset.learn(Times.rfc3339(clock.nowMillis() + 600_000), offset.sending());
        JsonObject json = Parsed.object(full().json(SENT_AT));
        assertEquals(SENT_AT, json.getString("sent_at"));
        assertEquals("0.1.0", json.getString("app_version"));
        assertEquals(true, json.get("listener_connected"));
        assertEquals(true, json.get("listener_granted"));
        assertEquals(3, json.get("outbox_depth"));
        assertEquals("2026-11-20T03:59:00.000Z", json.getString("outbox_oldest_at"));
        assertEquals(2, json.get("dropped"));
        assertEquals(1, json.get("parked"));
        assertEquals(4, json.get("hidden"));
        assertEquals(Map.of("percent", 80, "charging", true, "exempt", false), json.getObject("battery"));
        assertEquals(true, json.get("notifications_allowed"));
        assertEquals(true, json.get("foreground"));
        assertEquals("wifi", json.getString("network"));
        assertEquals(600_000, json.get("clock_offset_ms"));
        assertEquals(Map.of("com.tencent.mm", "2026-11-20T03:59:59.000Z"), json.getObject("last_callback"));
        assertEquals(34, json.get("sdk"));
        assertEquals("Xiaomi", json.getString("vendor"));
        assertEquals("Mi 6", json.getString("model"));
        assertEquals("HyperOS 2.0", json.getString("rom"));
    }

    @Test
    public void what_is_not_known_is_left_out() {
        JsonObject json = Parsed.object(new Health().clockOffset(offset).phone(26, null, "x", null).json(SENT_AT));
        for (String name : new String[] {"clock_offset_ms", "battery", "vendor", "rom", "outbox_oldest_at", "network"}) {
            assertFalse(name, json.has(name));
        }
        assertEquals("", json.getString("app_version"));
        assertFalse(Parsed.object(new Health().outbox(new Outbox.Counts(0, 0, 0, 0, 0)).json(SENT_AT)).has("outbox_oldest_at"));
    }

    @Test
    public void it_is_never_so_long_that_the_server_cuts_it() {
        Health health = full();
        String long1 = "\u0001".repeat(300);
        health.phone(34, long1, long1, long1).network(long1).appVersion(long1);
        for (int n = 0; n < 1000; n++) {
            health.lastCallback("com.example.an.app.with.a.very.long.name.indeed.and.more.of.it." + n, TestClock.START + n);
        }
        String json = health.json(SENT_AT);
        assertTrue(json.length() + " characters", json.length() < 4096);
        assertTrue("the last ones are kept", json.contains("2026-11-20T04:00:00.999Z"));
    }

    @Test
    public void a_battery_that_lies_is_put_right() {
        assertEquals(100, Parsed.object(new Health().battery(250, true, true).json(SENT_AT)).getObject("battery").get("percent"));
        assertEquals(0, Parsed.object(new Health().battery(-1, true, true).json(SENT_AT)).getObject("battery").get("percent"));
    }
}
