package app.matcha.bridge.core;

import java.time.DateTimeException;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;

/**
 * How long to wait after a failure: 1 s at least, 15 min at most, doubling, with full jitter, so that the phones of many
 * shops do not come back in one moment.
 */
final class Backoff {
    static final long LEAST = 1_000;
    static final long MOST = 15 * 60_000;

    private final Chance chance;
    private int failures;

    Backoff(Chance chance) {
        this.chance = chance;
    }

    void reset() {
        failures = 0;
    }

    /** Failures since the last success. */
    int failures() {
        return failures;
    }

    /** Milliseconds to wait after one more failure. What the server asked for is a floor, up to the most. */
    long failed(long askedForMillis) {
        failures = Math.min(failures + 1, 20);
        long ceiling = Math.min(MOST, LEAST << failures);
        long jittered = LEAST + (long) ((ceiling - LEAST) * chance.next());
        return Math.max(jittered, Math.min(MOST, askedForMillis));
    }

    /** Milliseconds that a {@code Retry-After} asks for: seconds or a date; 0 where it says nothing that can be read. */
    static long retryAfterMillis(String header, long serverNowMillis) {
        if (header == null) {
            return 0;
        }
        String text = header.trim();
        if (text.matches("[0-9]{1,9}")) {
            return Long.parseLong(text) * 1000;
        }
        try {
            ZonedDateTime date = ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME);
            return Math.max(0, date.toInstant().toEpochMilli() - serverNowMillis);
        } catch (DateTimeException notADate) {
            return 0;
        }
    }
}
