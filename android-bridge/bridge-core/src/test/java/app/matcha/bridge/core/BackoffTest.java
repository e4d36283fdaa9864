package app.matcha.bridge.core;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import org.junit.Test;

public final class BackoffTest {
    private static Chance always(double value) {
        return new Chance() {
            @Override
            public double next() {
                return value;
            }

            @Override
            public void bytes(byte[] into) {
                throw new AssertionError("no bytes are asked for");
            }
        };
    }

    @Test
    public void waits_double_from_one_second_to_fifteen_minutes() {
        Backoff longest = new Backoff(always(1));
        long[] seconds = {2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900};
        for (long wait : seconds) {
            assertEquals(wait * 1000, longest.failed(0));
        }
        for (int n = 0; n < 1000; n++) {
            assertEquals(Backoff.MOST, longest.failed(0));
        }
        longest.reset();
        assertEquals(2000, longest.failed(0));
    }

    @Test
    public void the_jitter_is_full_and_one_second_is_the_least() {
        Backoff shortest = new Backoff(always(0));
        for (int n = 0; n < 30; n++) {
            assertEquals(Backoff.LEAST, shortest.failed(0));
        }
        Backoff half = new Backoff(always(0.5));
        assertEquals(1500, half.failed(0));
        assertEquals(2500, half.failed(0));
    }

    @Test
    public void what_the_server_asks_for_is_a_floor_up_to_fifteen_minutes() {
        assertEquals(90_000, new Backoff(always(0.5)).failed(90_000));
        assertEquals(1500, new Backoff(always(0.5)).failed(1));
        assertEquals(Backoff.MOST, new Backoff(always(0.5)).failed(24 * 3_600_000));
    }

    @Test
    public void retry_after_is_read_in_seconds_and_as_a_date() {
        long now = TestClock.START;
        assertEquals(120_000, Backoff.retryAfterMillis("120", now));
        assertEquals(120_000, Backoff.retryAfterMillis(" 120 ", now));
        assertEquals(60_000, Backoff.retryAfterMillis("Fri, 20 Nov 2026 04:01:00 GMT", now));
        for (String nothing : new String[] {null, "", "soon", "-5", "1.5", "99999999999999", "Fri, 20 Nov 2026 03:00:00 GMT"}) {
            assertEquals(nothing, 0, Backoff.retryAfterMillis(nothing, now));
        }
        assertTrue(Backoff.retryAfterMillis("999999999", now) > 0);
    }
}
