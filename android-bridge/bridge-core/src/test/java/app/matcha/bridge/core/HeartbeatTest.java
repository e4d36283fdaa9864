package app.matcha.bridge.core;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import app.matcha.bridge.core.Courier.Result.Kind;
import java.net.ConnectException;
import org.junit.Test;

public final class HeartbeatTest {
    private static final byte[] KEY = HmacSigner.key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");

    private final TestClock clock = new TestClock();
    private final MemoryState state = new MemoryState();
    private final ScriptedHttp http = new ScriptedHttp();
    private final Heartbeat heartbeat = heartbeat("dev_1");

    private Heartbeat heartbeat(String device) {
        return new Heartbeat(new HmacSigner(device, KEY), http, clock, new TestChance(1), state);
    }

    private ScriptedHttp.Step heard() {
        return sent -> ScriptedHttp.json("{\"server_time\":\"" + Times.rfc3339(clock.nowMillis() + 5000) + "\"}");
    }

    private void is(Courier.Result result, Kind kind, String code) {
        assertEquals(result.toString(), kind, result.kind);
        assertEquals(code, result.code);
        http.isDone();
    }

    @Test
    public void it_is_signed_and_teaches_the_servers_time() {
        http.then(heard());
        is(heartbeat.beat(new Health().appVersion("0.1.0")), Kind.IDLE, null);
        ScriptedHttp.Sent sent = http.last();
        assertEquals("/api/v1/bridge/heartbeat", sent.path);
        assertEquals("2026-11-20T04:00:00.000Z", sent.json().getString("sent_at"));
        assertEquals("dev_1", sent.headers.get("matcha-device"));
        assertTrue(sent.headers.get("webhook-signature").startsWith("v1,"));
        assertEquals(clock.nowMillis(), heartbeat.lastAtMillis());
        assertEquals(5000, new ClockOffset(clock, state).millis());
    }

    @Test
    public void a_stale_one_is_corrected_at_once() {
        http.then(sent -> ScriptedHttp.problem(401, "stale_timestamp",
                ",\"server_time\":\"" + Times.rfc3339(clock.nowMillis() + 600_000) + "\""), heard());
        is(heartbeat.beat(new Health()), Kind.IDLE, null);
        assertEquals(clock.nowMillis() + 600_000, http.last().timestampMillis());
    }

    @Test
    public void one_that_fails_is_not_repeated() {
        http.then(ScriptedHttp.fails(new ConnectException("no")));
        Courier.Result result = heartbeat.beat(new Health());
        is(result, Kind.WAIT, "unreachable");
        assertEquals(clock.nowMillis() + Heartbeat.EVERY, result.nextAttemptAtMillis);
        assertEquals(0, heartbeat.lastAtMillis());
        http.then(ScriptedHttp.answers(200, "text/html", "<html>"), ScriptedHttp.answers(200, "application/json", "{}"));
        is2(heartbeat.beat(new Health()), "not_matcha");
        is2(heartbeat.beat(new Health()), "not_matcha");
    }

    private static void is2(Courier.Result result, String code) {
        assertEquals(Kind.WAIT, result.kind);
        assertEquals(code, result.code);
    }

    @Test
    public void a_phone_that_was_revoked_stops_beating_and_delivering() {
        http.then(ScriptedHttp.refuses(401, "revoked_device"));
        is(heartbeat.beat(new Health()), Kind.STOPPED, "revoked_device");
        is(heartbeat.beat(new Health()), Kind.STOPPED, "revoked_device");
        MemoryOutbox outbox = new MemoryOutbox();
        outbox.add(Notices.numbered(1));
        Courier courier = new Courier(outbox, new HmacSigner("dev_1", KEY), http, clock, new TestChance(2), state);
        is(courier.run(), Kind.STOPPED, "revoked_device");
        courier.tryAgain();
        http.then(ScriptedHttp.all(clock), heard());
        assertEquals(Kind.IDLE, courier.run().kind);
        is(heartbeat.beat(new Health()), Kind.IDLE, null);
    }

    @Test
    public void a_phone_that_is_not_paired_does_not_beat() {
        is(heartbeat(null).beat(new Health()), Kind.STOPPED, "not_paired");
    }
}
