package app.matcha.bridge;

import static org.robolectric.Shadows.shadowOf;

import android.os.Looper;
import android.os.SystemClock;
import app.matcha.bridge.core.Chance;
import app.matcha.bridge.core.Clock;
import app.matcha.bridge.core.Http;
import app.matcha.bridge.core.Pin;
import app.matcha.bridge.core.ServerAddress;
import app.matcha.bridge.core.TestChance;
import app.matcha.bridge.core.TestClock;
import java.time.Duration;

/** The process in every test here: Robolectric takes it for {@link App} by its name. Time is the loopers' own. */
public class TestApp extends App {
    static final String LINK = "matcha://pair?server=https%3A%2F%2Fpay.example.com&code=BCDFG-HJKLM";

    final PretendServer server = new PretendServer(this::now);
    final PretendKeystore keystore = new PretendKeystore();
    /** What to add to the loopers' time for the phone's. */
    private final long epoch = TestClock.START - SystemClock.elapsedRealtime();

    long now() {
        return epoch + SystemClock.elapsedRealtime();
    }

    @Override
    protected Outside outside() {
        return new Outside(this) {
            @Override
            public Clock clock() {
                return new Clock() {
                    @Override
                    public long nowMillis() {
                        return now();
                    }

                    @Override
                    public long elapsedMillis() {
                        return SystemClock.elapsedRealtime();
                    }
                };
            }

            @Override
            public Chance chance() {
                return new TestChance(4);
            }

            @Override
            public Http http(ServerAddress address, Pin pin, Clock clock) {
                return server.at(address, pin);
            }

            @Override
            public KeyBox keystore() {
                return keystore;
            }

            @Override
            public void run(String name, Runnable work) {
                work.run();
            }
        };
    }

    /** Lets everything happen that is due, on both threads. */
    void settle() {
        for (int i = 0; i < 5; i++) {
            shadowOf(bridge().deliveryLooper()).idle();
            shadowOf(Looper.getMainLooper()).idle();
        }
    }

    /** Time goes by, a second at a time, and what falls due happens. */
    void pass(Duration time) {
        for (long left = time.toMillis(); left > 0; left -= 1000) {
            SystemClock.setCurrentTimeMillis(SystemClock.uptimeMillis() + Math.min(1000, left));
            settle();
        }
    }

    /** As the owner does it, with a server that takes the code. */
    TestApp paired() {
        PairResult[] result = new PairResult[1];
        bridge().pair(LINK, "counter", false, done -> result[0] = done);
        settle();
        if (!result[0].ok) {
            throw new AssertionError(result[0].code);
        }
        return this;
    }
}
