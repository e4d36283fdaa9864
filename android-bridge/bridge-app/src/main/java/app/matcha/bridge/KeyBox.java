package app.matcha.bridge;

import java.security.GeneralSecurityException;

/** A place for keys that sign with HMAC-SHA256, each under a name. A key goes in and does not come out. */
public interface KeyBox {
    /** Puts a key in, in place of one that has the same name. Durable when it returns. */
    void put(String name, byte[] key) throws GeneralSecurityException;

    /** Signs with that key; fails where it is not there, or cannot be used now. */
    byte[] sign(String name, byte[] message) throws GeneralSecurityException;

    /** Takes it away; does nothing where there is none. */
    void remove(String name) throws GeneralSecurityException;
}
