package app.matcha.bridge.core;

import com.grack.nanojson.JsonWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;

/**
 * Makes a phone known to a server: a code that works once is exchanged for an id and a key. Nothing is tried twice by
 * itself: where the answer is lost the code is used up, and the owner makes a new one.
 */
public final class Pairing {
    static final String PATH = "/api/v1/bridge/pair";

    private final String deviceId;
    private final byte[] key;

    private Pairing(String deviceId, byte[] key) {
        this.deviceId = deviceId;
        this.key = key;
    }

    /**
     * Pairs and blocks until it is done.
     *
     * @param name the owner's name for this phone
     * @param offset learns the server's time from the answer
     * @throws Refused with a code of Matcha's ({@code bad_pairing_code}, {@code invalid}), {@code not_matcha}, or
     *         {@code http_<status>}; its message is the server's sentence where there is one
     * @throws IOException where no whole answer came: {@link #trouble} tells why
     */
    public static Pairing pair(Http http, String code, String name, String model, String appVersion, ClockOffset offset)
            throws Refused, IOException {
        String body = JsonWriter.string().object().value("pairing_code", code).value("name", Texts.clean(name))
                .value("model", Texts.clean(model)).value("app_version", appVersion).end().done();
        long sending = offset.sending();
        Http.Reply reply = http.post(PATH, Collections.singletonMap("content-type", "application/json"),
                body.getBytes(StandardCharsets.UTF_8));
        Answer answer = Answer.of(reply, offset.serverNowMillis());
        if (answer.kind != Answer.Kind.OK) {
            throw new Refused(answer.code, answer.detail == null ? answer.code : answer.detail);
        }
        String deviceId = answer.body.getString("device_id");
        if (deviceId == null || !deviceId.matches("dev_[A-Za-z0-9_-]{1,60}")) {
            throw new Refused("not_matcha");
        }
        byte[] key;
        try {
            key = HmacSigner.key(answer.body.getString("secret"));
        } catch (IllegalArgumentException noSecret) {
            throw new Refused("not_matcha");
        }
        offset.learn(answer.body.getString("server_time"), sending);
        return new Pairing(deviceId, key);
    }

    /** A code for what went wrong on the way, as in {@link Courier.Result#code}. */
    public static String trouble(IOException failure) {
        return Trouble.code(failure);
    }

    /** The id that the server gave. */
    public String deviceId() {
        return deviceId;
    }

    /** The key to sign with, 16 bytes at least: for the keystore, and for nobody else. */
    public byte[] key() {
        return key.clone();
    }

    /** Says nothing of the key. */
    @Override
    public String toString() {
        return "paired as " + deviceId;
    }
}
