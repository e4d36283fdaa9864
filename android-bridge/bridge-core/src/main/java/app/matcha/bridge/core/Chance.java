package app.matcha.bridge.core;

/** Randomness: the jitter of waits and the ids of messages. A cryptographic source in the app, a seeded one in tests. */
public interface Chance {
    /** A number from 0 (inclusive) to 1 (exclusive). */
    double next();

    /** Fills an array. */
    void bytes(byte[] into);
}
