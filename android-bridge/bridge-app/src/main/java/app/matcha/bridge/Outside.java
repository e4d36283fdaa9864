package app.matcha.bridge;

import android.content.Context;
import android.os.SystemClock;
import app.matcha.bridge.core.Chance;
import app.matcha.bridge.core.Clock;
import app.matcha.bridge.core.Http;
import app.matcha.bridge.core.Pin;
import app.matcha.bridge.core.ServerAddress;
import app.matcha.bridge.core.UrlHttp;
import java.security.SecureRandom;

/** What the bridge takes from outside and a test cannot have as it is: time, chance, the network and the keystore. */
public class Outside {
    private final Context context;

    public Outside(Context context) {
        this.context = context;
    }

    public Clock clock() {
        return new Clock() {
            @Override
            public long nowMillis() {
                return System.currentTimeMillis();
            }

            @Override
            public long elapsedMillis() {
                return SystemClock.elapsedRealtime();
            }
        };
    }

    public Chance chance() {
        SecureRandom random = new SecureRandom();
        return new Chance() {
            @Override
            public double next() {
                return random.nextDouble();
            }

            @Override
            public void bytes(byte[] into) {
                random.nextBytes(into);
            }
        };
    }

    /** @param pin the key that the server must have; null to trust as the system does */
    public Http http(ServerAddress server, Pin pin, Clock clock) {
        return new UrlHttp(server, pin, clock);
    }

    /** Where keys are safest on this phone. */
    public KeyBox keystore() {
        return new KeystoreBox();
    }

    /** Where they are put if that does not work. */
    public KeyBox file() {
        return new FileBox(context.getFilesDir());
    }

    /** A thread for something that ends soon. */
    public void run(String name, Runnable work) {
        new Thread(work, name).start();
    }
}
