package app.matcha.bridge.core;

/**
 * How much the phone's clock differs from the server's, learned from {@code server_time} in answers.
 *
 * <p>Used to sign with a time that the server accepts, and shown to the owner. Never applied to what is reported:
 * {@code sent_at} and {@code posted_at} are the phone's own time, by which the server measures the same clock itself.
 */
public final class ClockOffset {
    private static final String KEY = "clock.offset_ms";
    private static final long UNKNOWN = Long.MIN_VALUE;
    /** An answer that took longer says too little about the moment it was written. */
    private static final long ROUND_TRIP_MAX = 120_000;

    private final Clock clock;
    private final State state;

    public ClockOffset(Clock clock, State state) {
        this.clock = clock;
        this.state = state;
    }

    /** The moment before a request is sent, to be handed to {@link #learn} with its answer. Monotonic milliseconds. */
    public long sending() {
        return clock.elapsedMillis();
    }

    /**
     * Learns from an answer that was just read. The server wrote its time somewhere on the way; half of the round trip
     * is the best guess where. The trip is measured by the monotonic clock, because the other one may be set meanwhile.
     *
     * @param serverTime RFC 3339; anything else, null too, teaches nothing
     * @return true where something was learned
     */
    public boolean learn(String serverTime, long sentAtElapsed) {
        Long server = Times.millis(serverTime);
        long trip = clock.elapsedMillis() - sentAtElapsed;
        if (server == null || trip < 0 || trip > ROUND_TRIP_MAX) {
            return false;
        }
        state.putLong(KEY, server + trip / 2 - clock.nowMillis());
        return true;
    }

    /** True once something was learned. */
    public boolean isKnown() {
        return state.getLong(KEY, UNKNOWN) != UNKNOWN;
    }

    /** What to add to the phone's time to get the server's, in milliseconds; 0 as long as it is not known. */
    public long millis() {
        long kept = state.getLong(KEY, UNKNOWN);
        return kept == UNKNOWN ? 0 : kept;
    }

    /** The server's time now, as far as it is known, in milliseconds since 1970. */
    public long serverNowMillis() {
        return clock.nowMillis() + millis();
    }
}
