package app.matcha.bridge.core;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;

import java.io.IOException;
import java.net.ConnectException;
import org.junit.Test;

public final class PairingTest {
    private static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    private final TestClock clock = new TestClock();
    private final ClockOffset offset = new ClockOffset(clock, new MemoryState());
    private final ScriptedHttp http = new ScriptedHttp();

    private Pairing pair() throws Refused, IOException {
        return Pairing.pair(http, "23456-BCDFG", "柜台", "Xiaomi Mi 6", "0.1.0", offset);
    }

    private String refused(int status, String type, String body) {
        http.then(ScriptedHttp.answers(status, type, body));
        return assertThrows(body, Refused.class, this::pair).code();
    }

    @Test
    public void a_code_is_exchanged_for_an_id_and_a_key() throws Exception {
        http.then(sent -> ScriptedHttp.json("{\"device_id\":\"dev_0ab\",\"secret\":\"" + SECRET + "\",\"server_time\":\""
                + Times.rfc3339(clock.nowMillis() + 86_400_000) + "\"}"));
        Pairing paired = pair();
        assertEquals("dev_0ab", paired.deviceId());
        assertArrayEquals(HmacSigner.key(SECRET), paired.key());
        assertEquals("/api/v1/bridge/pair", http.last().path);
        assertEquals("{\"pairing_code\":\"23456-BCDFG\",\"name\":\"柜台\",\"model\":\"Xiaomi Mi 6\",\"app_version\":\"0.1.0\"}",
                http.last().body);
        assertEquals("the clock is known from the first message on", 86_400_000, offset.millis());
        assertFalse(paired.toString().contains("MfKQ"));
    }

    @Test
    public void a_code_that_was_used_is_told_in_the_servers_words() {
        http.then(ScriptedHttp.refuses(401, "bad_pairing_code"));
        Refused refused = assertThrows(Refused.class, this::pair);
        assertEquals("bad_pairing_code", refused.code());
        assertEquals("so it is", refused.getMessage());
    }

    @Test
    public void what_is_not_matcha_pairs_nobody() {
        assertEquals("http_404", refused(404, "text/html", "<html>"));
        assertEquals("http_302", refused(302, "text/html", ""));
        assertEquals("not_matcha", refused(200, "text/html", "<html>"));
        String[] bodies = {"{}", "{\"device_id\":\"dev_1\"}", "{\"secret\":\"" + SECRET + "\"}",
            "{\"device_id\":\"\",\"secret\":\"" + SECRET + "\"}", "{\"device_id\":\"dev_1\\r\\nx: y\",\"secret\":\"" + SECRET + "\"}",
            "{\"device_id\":\"dev_1\",\"secret\":\"" + SECRET.substring(6) + "\"}", "{\"device_id\":\"dev_1\",\"secret\":\"whsec_\"}",
            "{\"device_id\":1,\"secret\":2}"};
        for (String body : bodies) {
            assertEquals(body, "not_matcha", refused(200, "application/json", body));
        }
    }

    @Test
    public void a_lost_answer_is_not_tried_again_by_itself() {
        http.then(ScriptedHttp.fails(new ConnectException("no")));
        IOException failure = assertThrows(IOException.class, this::pair);
        assertEquals("unreachable", Pairing.trouble(failure));
        http.isDone();
    }
}
