package app.matcha.bridge.core;

import java.security.GeneralSecurityException;

/** The phone's identity at its server. Signs without telling the key, which may live where nobody can read it. */
public interface Signer {
    /** The id that the server gave this phone ({@code dev_…}), or null before it is paired. */
    String deviceId();

    /** HMAC-SHA256 of the message under the phone's key; fails where the key cannot be used (now). */
    byte[] hmacSha256(byte[] message) throws GeneralSecurityException;
}
