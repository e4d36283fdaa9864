package app.matcha.bridge.e2e;

import android.os.SystemClock;
import app.matcha.bridge.App;
import app.matcha.bridge.Outside;
import app.matcha.bridge.core.Clock;
import app.matcha.bridge.core.Http;
import app.matcha.bridge.core.Pin;
import app.matcha.bridge.core.ServerAddress;
import app.matcha.bridge.core.UrlHttp;
import java.time.Instant;

/**
 * The whole app, with two things changed: its patience and its clocks are the test's. The wall clock is this
 * machine's, wrong by what the test says, because the server's is this machine's too; the monotonic one is Robolectric's,
 * so that a wait of a quarter of an hour is over when the test says so.
 */
public class PhoneApp extends App {
    /** Milliseconds until it gives up a connection or an answer; long, so that a busy machine fails no test. */
    volatile int patience = 30_000;
    /** What to add to this machine's time. */
    volatile long wrongByMillis;

    long nowMillis() {
        return Instant.now().toEpochMilli() + wrongByMillis;
    }

    @Override
    protected Outside outside() {
        return new Outside(this) {
            @Override
            public Clock clock() {
                return new Clock() {
                    @Override
                    public long nowMillis() {
                        return PhoneApp.this.nowMillis();
                    }

                    @Override
                    public long elapsedMillis() {
                        return SystemClock.elapsedRealtime();
                    }
                };
            }

            @Override
            public Http http(ServerAddress server, Pin pin, Clock clock) {
                return new UrlHttp(server, pin, clock, patience, patience);
            }
        };
    }
}
