package app.matcha.bridge.core;

/** The phone's two clocks. Time is handed in, so that tests own it. */
public interface Clock {
    /** Milliseconds since 1970 by the phone's own clock, which may be wrong and may be set at any moment. */
    long nowMillis();

    /** Milliseconds since some start, which only ever grow and also count while the phone sleeps. */
    long elapsedMillis();
}
