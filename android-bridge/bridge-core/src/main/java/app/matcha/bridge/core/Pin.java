package app.matcha.bridge.core;

import java.security.MessageDigest;
import java.security.cert.Certificate;
import java.util.Arrays;
import java.util.Base64;

/**
 * The fingerprint of a server's key: SHA-256 over the certificate's SubjectPublicKeyInfo. It outlives the certificate as
 * long as the key is kept, and is what recognises a server that has no certificate of a public authority.
 */
public final class Pin {
    private static final String PREFIX = "sha256/";

    private final byte[] sha256;

    private Pin(byte[] sha256) {
        this.sha256 = sha256;
    }

    /**
     * @param text {@code sha256/} and 32 bytes in base64
     * @throws Refused with {@code bad_pin}
     */
    public static Pin parse(String text) throws Refused {
        try {
            if (text.startsWith(PREFIX)) {
                byte[] hash = Base64.getDecoder().decode(text.substring(PREFIX.length()));
                if (hash.length == 32) {
                    return new Pin(hash);
                }
            }
        } catch (IllegalArgumentException notBase64) {
            // Told below.
        }
        throw new Refused("bad_pin");
    }

    /** The pin of a certificate's key. */
    public static Pin of(Certificate certificate) {
        return new Pin(Hashes.sha256().digest(certificate.getPublicKey().getEncoded()));
    }

    /** True where the certificate has the pinned key. */
    public boolean fits(Certificate certificate) {
        return MessageDigest.isEqual(sha256, of(certificate).sha256);
    }

    @Override
    public String toString() {
        return PREFIX + Base64.getEncoder().encodeToString(sha256);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Pin && Arrays.equals(sha256, ((Pin) other).sha256);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(sha256);
    }
}
