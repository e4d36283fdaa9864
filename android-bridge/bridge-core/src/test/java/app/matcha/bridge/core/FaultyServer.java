package app.matcha.bridge.core;

import static org.junit.Assert.assertEquals;

import com.grack.nanojson.JsonObject;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * A pretend Matcha that keeps the contract and on the way to which everything goes wrong that can. What it stores it
 * stores once by fingerprint, like the real one; what it names is stored, unless the answer is not its own.
 */
final class FaultyServer implements Http {
    /** Notices that it refuses for good. */
    final Set<String> poison = new HashSet<>();
    /** Every notice that is stored, by what makes two the same for the server. */
    final Map<String, String> stored = new HashMap<>();
    final Set<String> storedIds = new HashSet<>();
    int requests;
    int faults;

    private final Signer key;
    private final TestClock phone;
    private final Random random;
    private final Runnable meanwhile;
    private final Map<String, String> messages = new HashMap<>();
    /** The server's clock is right: it is the phone's monotonic one, from some moment on. */
    private final long epoch;
    private boolean healthy;
    private int envelopeRefusals;

    FaultyServer(Signer key, TestClock phone, Random random, Runnable meanwhile) {
        this.key = key;
        this.phone = phone;
        this.random = random;
        this.meanwhile = meanwhile;
        epoch = TestClock.START - phone.elapsedMillis();
    }

    /** From now on nothing goes wrong. */
    void heal() {
        healthy = true;
    }

    private long now() {
        return epoch + phone.elapsedMillis();
    }

    @Override
    public Reply post(String path, Map<String, String> headers, byte[] bytes) throws IOException {
        requests++;
        phone.pass(random.nextInt(3000));
        meanwhile.run();
        int fault = healthy ? 99 : random.nextInt(100);
        faults += fault < 66 ? 1 : 0;
        if (fault < 6) {
            throw new ConnectException("refused");
        }
        if (fault < 12) {
            return ScriptedHttp.problem(500 + random.nextInt(4), "internal", "");
        }
        if (fault < 15) {
            return new Reply(random.nextBoolean() ? 429 : 503, Map.of("Retry-After", "" + random.nextInt(2000)), new byte[0]);
        }
        if (fault < 20) {
            return garbage(new String(bytes, StandardCharsets.UTF_8));
        }
        if (fault < 22) {
            return ScriptedHttp.reply(random.nextBoolean() ? 401 : 403, "text/html", "<html>who are you?</html>");
        }
        if (fault < 24) {
            throw new IllegalStateException("the process was killed while sending");
        }
        return said(headers, new String(bytes, StandardCharsets.UTF_8), bytes, fault);
    }

    /** Answers of somebody else, which name as stored what is not. */
    private Reply garbage(String body) {
        String id = body.replaceAll("(?s).*\"id\":\"([0-9a-f]+)\".*", "$1");
        String named = "{\"stored\":[\"" + id + "\"]}";
        String[] bodies = {"", "<html>welcome to the hotel</html>", named + "<!-- seen -->", named.substring(1),
            "{\"stored\":[\"0123456789abcdef0123456789abcdef\",7,null,{}]}", "\u0000\u0001", "{\"stored\":{}}", "null"};
        return ScriptedHttp.reply(200, "text/html", bodies[random.nextInt(bodies.length)]);
    }

    /** The request reached the server. */
    private Reply said(Map<String, String> headers, String body, byte[] bytes, int fault) throws IOException {
        long seconds = Long.parseLong(headers.get("webhook-timestamp"));
        String id = headers.get("webhook-id");
        assertEquals(sign(id, seconds, bytes), headers.get("webhook-signature"));
        if (Math.abs(now() - seconds * 1000) > 301_000) {
            return ScriptedHttp.problem(401, "stale_timestamp", ",\"server_time\":\"" + Times.rfc3339(now()) + "\"");
        }
        if (fault < 27) {
            return ScriptedHttp.problem(401, "unknown_device", "");
        }
        if (fault < 30) {
            return ScriptedHttp.problem(409, "message_id_reused", "");
        }
        if (fault == 30) {
            envelopeRefusals = 2 + random.nextInt(12);
        }
        if (envelopeRefusals > 0 && !healthy) {
            envelopeRefusals--;
            return ScriptedHttp.problem(422, "invalid", "");
        }
        List<JsonObject> notices = new ArrayList<>();
        for (Object notice : Parsed.object(body).getArray("notices")) {
            notices.add((JsonObject) notice);
        }
        if (fault < 35 && notices.size() > 1) {
            return ScriptedHttp.problem(413, "body_too_large", "");
        }
        for (JsonObject notice : notices) {
            if (poison.contains(notice.getString("id"))) {
                return ScriptedHttp.problem(422, "invalid", "");
            }
        }
        assertEquals("a message id stands for one body", body, messages.computeIfAbsent(id, none -> body));
        return stored(notices, fault);
    }

    private Reply stored(List<JsonObject> notices, int fault) throws IOException {
        // Some faults stop in the middle of a batch: what was committed is committed.
        int count = fault < 50 ? random.nextInt(notices.size() + 1) : notices.size();
        List<String> names = new ArrayList<>();
        for (JsonObject notice : notices.subList(0, count)) {
            String id = notice.getString("id");
            String raw = com.grack.nanojson.JsonWriter.string(notice);
            String same = notice.getString("key") + "|" + notice.getString("posted_at") + "|" + notice.getString("title") + "|"
                    + notice.getString("text");
            assertEquals("what is sent again is sent verbatim", raw, stored.computeIfAbsent(same, none -> raw));
            storedIds.add(id);
            names.add(id);
        }
        if (fault < 40) {
            throw new SocketTimeoutException("the answer was lost");
        }
        if (fault < 44) {
            return ScriptedHttp.problem(500, "internal", "");
        }
        if (fault < 58) {
            names.removeIf(name -> random.nextInt(3) == 0);
        }
        if (fault < 61) {
            throw new IOException("cut in the middle of the answer");
        }
        if (fault < 63) {
            throw new IllegalStateException("the process was killed before it heard the answer");
        }
        return ScriptedHttp.stored(names, now());
    }

    private String sign(String id, long seconds, byte[] body) {
        try {
            return Signature.value(key, id, seconds, body);
        } catch (java.security.GeneralSecurityException impossible) {
            throw new AssertionError(impossible);
        }
    }
}
