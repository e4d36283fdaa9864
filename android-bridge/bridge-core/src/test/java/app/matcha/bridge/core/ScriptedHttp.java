package app.matcha.bridge.core;

import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import com.grack.nanojson.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;

/** A way to a server whose every answer the test wrote down beforehand. Remembers what was sent. */
final class ScriptedHttp implements Http {
    /** What happens to one request. */
    interface Step {
        Reply to(Sent sent) throws IOException;
    }

    /** A request as it was sent. */
    static final class Sent {
        final String path;
        final Map<String, String> headers;
        final String body;

        Sent(String path, Map<String, String> headers, byte[] body) {
            this.path = path;
            this.headers = headers;
            this.body = new String(body, StandardCharsets.UTF_8);
        }

        JsonObject json() {
            return Parsed.object(body);
        }

        List<String> ids() {
            List<String> ids = new ArrayList<>();
            for (Object notice : json().getArray("notices")) {
                ids.add(((JsonObject) notice).getString("id"));
            }
            return ids;
        }

        long timestampMillis() {
            return Long.parseLong(headers.get("webhook-timestamp")) * 1000;
        }
    }

    final List<Sent> sent = new ArrayList<>();
    private final Deque<Step> script = new ArrayDeque<>();

    ScriptedHttp then(Step... steps) {
        script.addAll(List.of(steps));
        return this;
    }

    @Override
    public Reply post(String path, Map<String, String> headers, byte[] body) throws IOException {
        Sent request = new Sent(path, headers, body);
        sent.add(request);
        assertFalse("no request was expected here: " + request.body, script.isEmpty());
        return script.remove().to(request);
    }

    Sent last() {
        return sent.get(sent.size() - 1);
    }

    void isDone() {
        assertTrue(script.size() + " answers were not asked for", script.isEmpty());
    }

    static Reply reply(int status, String type, String body) {
        return new Reply(status, Map.of("Content-Type", type), body.getBytes(StandardCharsets.UTF_8));
    }

    static Reply json(String body) {
        return reply(200, "application/json", body);
    }

    static Reply problem(int status, String code, String more) {
        return reply(status, "application/problem+json", "{\"type\":\"urn:matcha:problem:" + code + "\",\"status\":" + status
                + ",\"code\":\"" + code + "\",\"detail\":\"so it is\"" + more + "}");
    }

    static Reply stored(List<String> ids, long serverTime) {
        String names = ids.isEmpty() ? "" : "\"" + String.join("\",\"", ids) + "\"";
        return json("{\"stored\":[" + names + "],\"server_time\":\"" + Times.rfc3339(serverTime) + "\"}");
    }

    /** Stores all that was sent. */
    static Step all(Clock clock) {
        return sent -> stored(sent.ids(), clock.nowMillis());
    }

    static Step refuses(int status, String code) {
        return sent -> problem(status, code, "");
    }

    static Step answers(int status, String type, String body) {
        return sent -> reply(status, type, body);
    }

    static Step fails(IOException failure) {
        return sent -> {
            throw failure;
        };
    }
}
