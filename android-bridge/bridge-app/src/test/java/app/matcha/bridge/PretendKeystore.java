package app.matcha.bridge;

import app.matcha.bridge.core.HmacSigner;
import java.security.GeneralSecurityException;
import java.security.KeyStoreException;
import java.security.UnrecoverableKeyException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** A keystore as makers ship them: one that works, one that fails, one that signs with something else. */
final class PretendKeystore implements KeyBox {
    enum Mood {
        WORKS, FAILS, LIES
    }

    final Map<String, byte[]> keys = new ConcurrentHashMap<>();
    volatile Mood mood = Mood.WORKS;

    @Override
    public void put(String name, byte[] key) throws GeneralSecurityException {
        if (mood == Mood.FAILS) {
            throw new KeyStoreException("no keystore today");
        }
        keys.put(name, key.clone());
    }

    @Override
    public byte[] sign(String name, byte[] message) throws GeneralSecurityException {
        byte[] key = keys.get(name);
        if (key == null || mood == Mood.FAILS) {
            throw new UnrecoverableKeyException("no such key");
        }
        return new HmacSigner(name, mood == Mood.LIES ? new byte[32] : key).hmacSha256(message);
    }

    @Override
    public void remove(String name) {
        keys.remove(name);
    }
}
