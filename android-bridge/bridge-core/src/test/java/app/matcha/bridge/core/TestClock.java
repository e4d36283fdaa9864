package app.matcha.bridge.core;

import java.util.concurrent.atomic.AtomicLong;

/** Two clocks that a test owns. */
public final class TestClock implements Clock {
    /** Noon in China, 20 November 2026. */
    public static final long START = 1_795_147_200_000L;

    private final AtomicLong elapsed = new AtomicLong(5_000_000);
    private final AtomicLong wall = new AtomicLong(START);

    /** Time goes by, on both clocks. */
    public void pass(long millis) {
        elapsed.addAndGet(millis);
        wall.addAndGet(millis);
    }

    /** Somebody sets the phone's clock. */
    public void set(long nowMillis) {
        wall.set(nowMillis);
    }

    @Override
    public long nowMillis() {
        return wall.get();
    }

    @Override
    public long elapsedMillis() {
        return elapsed.get();
    }
}
