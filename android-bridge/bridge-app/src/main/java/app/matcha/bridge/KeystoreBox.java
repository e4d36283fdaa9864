package app.matcha.bridge;

import android.security.keystore.KeyProperties;
import android.security.keystore.KeyProtection;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.security.KeyStoreException;
import java.security.UnrecoverableKeyException;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Android's keystore: the key is handed over once, and from then on even this app cannot read it. */
final class KeystoreBox implements KeyBox {
    private static final String STORE = "AndroidKeyStore";
    private static final String HMAC = "HmacSHA256";

    @Override
    public void put(String name, byte[] key) throws GeneralSecurityException {
        KeyProtection toSign = new KeyProtection.Builder(KeyProperties.PURPOSE_SIGN).build();
        try {
            store().setEntry(name, new KeyStore.SecretKeyEntry(new SecretKeySpec(key, HMAC)), toSign);
        } catch (RuntimeException broken) {
            throw failed(broken);
        }
    }

    @Override
    public byte[] sign(String name, byte[] message) throws GeneralSecurityException {
        try {
            Key key = store().getKey(name, null);
            if (key == null) {
                throw new UnrecoverableKeyException("the keystore has no such key");
            }
            Mac mac = Mac.getInstance(HMAC);
            mac.init(key);
            return mac.doFinal(message);
        } catch (RuntimeException broken) {
            throw failed(broken);
        }
    }

    @Override
    public void remove(String name) throws GeneralSecurityException {
        try {
            store().deleteEntry(name);
        } catch (RuntimeException broken) {
            throw failed(broken);
        }
    }

    private static KeyStore store() throws GeneralSecurityException {
        try {
            KeyStore store = KeyStore.getInstance(STORE);
            store.load(null);
            return store;
        } catch (IOException broken) {
            throw failed(broken);
        }
    }

    /** Makers' keystores throw whatever they like. */
    private static KeyStoreException failed(Exception broken) {
        return new KeyStoreException("the keystore failed: " + broken.getClass().getSimpleName(), broken);
    }
}
