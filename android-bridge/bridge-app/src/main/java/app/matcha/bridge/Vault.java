package app.matcha.bridge;

import app.matcha.bridge.core.HmacSigner;
import app.matcha.bridge.core.Signer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.UnrecoverableKeyException;

/**
 * Signs as this phone. Knows in which box the key lies: the keystore where that works on this phone, which is tried with
 * a real signature before it is believed; else a file, and {@link Status#keyInKeystore} tells.
 */
final class Vault implements Signer {
    private static final byte[] PROBE = "matcha".getBytes(StandardCharsets.UTF_8);

    private final Identity identity;
    private final KeyBox keystore;
    private final KeyBox file;

    Vault(Identity identity, KeyBox keystore, KeyBox file) {
        this.identity = identity;
        this.keystore = keystore;
        this.file = file;
    }

    @Override
    public String deviceId() {
        return identity.deviceId();
    }

    @Override
    public byte[] hmacSha256(byte[] message) throws GeneralSecurityException {
        String name = identity.deviceId();
        if (name == null) {
            throw new UnrecoverableKeyException("not paired");
        }
        return (identity.isKeyInKeystore() ? keystore : file).sign(name, message);
    }

    /**
     * Keeps a key under the device's id, beside that of an earlier pairing.
     *
     * @return true where it lies in the keystore
     */
    boolean keep(String deviceId, byte[] key) throws GeneralSecurityException {
        if (works(keystore, deviceId, key)) {
            return true;
        }
        if (!works(file, deviceId, key)) {
            throw new GeneralSecurityException("neither the keystore nor a file keeps the key");
        }
        return false;
    }

    private static boolean works(KeyBox box, String deviceId, byte[] key) {
        try {
            box.put(deviceId, key);
            byte[] wanted = new HmacSigner(deviceId, key).hmacSha256(PROBE);
            return MessageDigest.isEqual(wanted, box.sign(deviceId, PROBE));
        } catch (GeneralSecurityException broken) {
            return false;
        }
    }

    /** Takes a device's key away wherever it is. */
    void forget(String deviceId) {
        for (KeyBox box : new KeyBox[] {keystore, file}) {
            try {
                box.remove(deviceId);
            } catch (GeneralSecurityException broken) {
                // A box that does not work has nothing to give away.
            }
        }
    }
}
