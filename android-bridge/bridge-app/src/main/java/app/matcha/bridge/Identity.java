package app.matcha.bridge;

import android.content.Context;
import android.content.SharedPreferences;
import app.matcha.bridge.core.Pin;
import app.matcha.bridge.core.Refused;
import app.matcha.bridge.core.ServerAddress;

/**
 * Who this phone is to which server, and in which box its key lies; not the key. Written in one piece: after a kill it is
 * the old pairing or the new one, never half of each.
 */
final class Identity {
    private static final String DEVICE = "device";
    private static final String SERVER = "server";
    private static final String PLAIN = "plain";
    private static final String PIN = "pin";
    private static final String IN_KEYSTORE = "in_keystore";

    private final SharedPreferences kept;

    Identity(Context context) {
        kept = context.getSharedPreferences("identity", Context.MODE_PRIVATE);
    }

    boolean isPaired() {
        return deviceId() != null;
    }

    /** The id that the server gave; null before pairing. */
    String deviceId() {
        return kept.getString(DEVICE, null);
    }

    boolean isKeyInKeystore() {
        return kept.getBoolean(IN_KEYSTORE, false);
    }

    /** Where the server is; null before pairing. */
    ServerAddress server() {
        try {
            String server = kept.getString(SERVER, null);
            return server == null ? null : ServerAddress.parse(server, kept.getBoolean(PLAIN, false));
        } catch (Refused broken) {
            throw new IllegalStateException("what was kept was checked before", broken);
        }
    }

    /** The key that the server must have; null where none was told. */
    Pin pin() {
        try {
            String pin = kept.getString(PIN, null);
            return pin == null ? null : Pin.parse(pin);
        } catch (Refused broken) {
            throw new IllegalStateException("what was kept was checked before", broken);
        }
    }

    /** @return false where the phone could not write it */
    boolean keep(String deviceId, ServerAddress server, boolean plainAllowed, Pin pin, boolean inKeystore) {
        return kept.edit().putString(DEVICE, deviceId).putString(SERVER, server.base()).putBoolean(PLAIN, plainAllowed)
                .putString(PIN, pin == null ? null : pin.toString()).putBoolean(IN_KEYSTORE, inKeystore).commit();
    }

    void forget() {
        kept.edit().clear().commit();
    }
}
