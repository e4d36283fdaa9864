package app.matcha.bridge;

import app.matcha.bridge.core.HmacSigner;
import app.matcha.bridge.core.Http;
import app.matcha.bridge.core.Pin;
import app.matcha.bridge.core.ServerAddress;
import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonParserException;
import com.grack.nanojson.JsonWriter;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/** A Matcha that pairs, checks signatures, stores and names; and the ways in which it can be in a bad mood. */
final class PretendServer {
    static final byte[] KEY = "a key of thirty-two bytes, no less".getBytes(StandardCharsets.UTF_8);
    static final String SECRET = "whsec_" + Base64.getEncoder().encodeToString(KEY);

    /** Notices in the order in which they were stored. */
    final List<JsonObject> stored = Collections.synchronizedList(new ArrayList<>());
    final List<JsonObject> heartbeats = Collections.synchronizedList(new ArrayList<>());
    final List<String> asked = Collections.synchronizedList(new ArrayList<>());
    volatile boolean unreachable;
    /** A problem to answer everything with, as {@code 401 revoked_device}; null for none. */
    volatile String refuses;
    /** The id for the next phone. */
    volatile String deviceId = "dev_1";
    volatile Pin pin;

    private final LongSupplier now;

    PretendServer(LongSupplier now) {
        this.now = now;
    }

    Http at(ServerAddress address, Pin pinned) {
        return (path, headers, body) -> {
            pin = pinned;
            return answer(address, path, headers, body);
        };
    }

    List<String> texts() {
        List<String> texts = new ArrayList<>();
        for (JsonObject notice : stored) {
            texts.add(notice.getString("text"));
        }
        return texts;
    }

    private Http.Reply answer(ServerAddress address, String path, Map<String, String> headers, byte[] body) throws IOException {
        asked.add(address.url(path));
        if (unreachable) {
            throw new ConnectException("unreachable");
        }
        if (refuses != null) {
            String[] problem = refuses.split(" ");
            return problem(Integer.parseInt(problem[0]), problem[1]);
        }
        JsonObject said = parse(new String(body, StandardCharsets.UTF_8));
        if (path.endsWith("/pair")) {
            return json(JsonWriter.string().object().value("device_id", deviceId).value("secret", SECRET)
                    .value("server_time", time()).end().done());
        }
        if (!isSigned(headers, body)) {
            return problem(401, "bad_signature");
        }
        if (path.endsWith("/heartbeat")) {
            heartbeats.add(said);
            return json("{\"server_time\":\"" + time() + "\"}");
        }
        JsonArray ids = new JsonArray();
        for (Object notice : said.getArray("notices")) {
            stored.add((JsonObject) notice);
            ids.add(((JsonObject) notice).getString("id"));
        }
        return json(JsonWriter.string().object().value("stored", ids).value("server_time", time()).end().done());
    }

    private boolean isSigned(Map<String, String> headers, byte[] body) {
        String head = headers.get("webhook-id") + "." + headers.get("webhook-timestamp") + ".";
        byte[] start = head.getBytes(StandardCharsets.UTF_8);
        byte[] all = new byte[start.length + body.length];
        System.arraycopy(start, 0, all, 0, start.length);
        System.arraycopy(body, 0, all, start.length, body.length);
        try {
            String wanted = "v1," + Base64.getEncoder().encodeToString(new HmacSigner(deviceId, KEY).hmacSha256(all));
            return wanted.equals(headers.get("webhook-signature")) && deviceId.equals(headers.get("matcha-device"));
        } catch (GeneralSecurityException impossible) {
            throw new AssertionError(impossible);
        }
    }

    private String time() {
        return Instant.ofEpochMilli(now.getAsLong()).toString();
    }

    private static JsonObject parse(String body) {
        try {
            return JsonParser.object().from(body);
        } catch (JsonParserException broken) {
            throw new AssertionError(body, broken);
        }
    }

    private static Http.Reply json(String body) {
        return new Http.Reply(200, Map.of("Content-Type", "application/json"), body.getBytes(StandardCharsets.UTF_8));
    }

    private static Http.Reply problem(int status, String code) {
        return new Http.Reply(status, Map.of("Content-Type", "application/problem+json"),
                ("{\"type\":\"urn:matcha:problem:" + code + "\",\"status\":" + status + ",\"code\":\"" + code + "\"}")
                        .getBytes(StandardCharsets.UTF_8));
    }
}
