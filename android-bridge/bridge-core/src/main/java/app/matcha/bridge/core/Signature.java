package app.matcha.bridge.core;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;

/** The headers of a signed message (Standard Webhooks 1.0.0): HMAC-SHA256 over {@code id.timestamp.body}. */
final class Signature {
    private Signature() {}

    static Map<String, String> headers(Signer signer, String id, long timestampSeconds, byte[] body)
            throws GeneralSecurityException {
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("content-type", "application/json");
        headers.put("matcha-device", signer.deviceId());
        headers.put("webhook-id", id);
        headers.put("webhook-timestamp", Long.toString(timestampSeconds));
        headers.put("webhook-signature", value(signer, id, timestampSeconds, body));
        return headers;
    }

    static String value(Signer signer, String id, long timestampSeconds, byte[] body) throws GeneralSecurityException {
        byte[] head = (id + "." + timestampSeconds + ".").getBytes(StandardCharsets.UTF_8);
        byte[] message = new byte[head.length + body.length];
        System.arraycopy(head, 0, message, 0, head.length);
        System.arraycopy(body, 0, message, head.length, body.length);
        return "v1," + Base64.getEncoder().encodeToString(signer.hmacSha256(message));
    }
}
