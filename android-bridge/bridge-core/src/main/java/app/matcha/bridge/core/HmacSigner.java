package app.matcha.bridge.core;

import java.security.GeneralSecurityException;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** A signer that holds its key in memory: for phones whose keystore does not work, and for tests. */
public final class HmacSigner implements Signer {
    private static final String PREFIX = "whsec_";

    private final String deviceId;
    private final byte[] key;

    public HmacSigner(String deviceId, byte[] key) {
        if (key.length == 0) {
            throw new IllegalArgumentException("an empty key signs nothing");
        }
        this.deviceId = deviceId;
        this.key = key.clone();
    }

    /**
     * The key that a secret ({@code whsec_<base64>}, Standard Webhooks) stands for.
     *
     * @throws IllegalArgumentException for anything else; the message does not repeat the secret
     */
    public static byte[] key(String secret) {
        if (secret == null || !secret.startsWith(PREFIX)) {
            throw new IllegalArgumentException("the secret does not begin with " + PREFIX);
        }
        byte[] key;
        try {
            key = Base64.getDecoder().decode(secret.substring(PREFIX.length()));
        } catch (IllegalArgumentException notBase64) {
            throw new IllegalArgumentException("the secret is no base64");
        }
        if (key.length < 16) {
            throw new IllegalArgumentException("the secret is too short");
        }
        return key;
    }

    @Override
    public String deviceId() {
        return deviceId;
    }

    @Override
    public byte[] hmacSha256(byte[] message) throws GeneralSecurityException {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        return mac.doFinal(message);
    }

    /** Says nothing of the key. */
    @Override
    public String toString() {
        return "HmacSigner " + deviceId;
    }
}
