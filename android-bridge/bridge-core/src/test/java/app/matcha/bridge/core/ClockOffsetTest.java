package app.matcha.bridge.core;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import org.junit.Test;

public final class ClockOffsetTest {
    private static final long MINUTE = 60_000;

    private final TestClock clock = new TestClock();
    private final MemoryState state = new MemoryState();
    private final ClockOffset offset = new ClockOffset(clock, state);

    private String serverTime(long ahead) {
        return Times.rfc3339(clock.nowMillis() + ahead);
    }

    @Test
    public void nothing_is_known_at_first_and_the_phones_own_time_is_taken() {
        assertFalse(offset.isKnown());
        assertEquals(0, offset.millis());
        assertEquals(clock.nowMillis(), offset.serverNowMillis());
    }

    @Test
    public void a_clock_that_is_ten_minutes_or_a_day_off_is_learned() {
        for (long ahead : new long[] {10 * MINUTE, -10 * MINUTE, 24 * 60 * MINUTE, -24 * 60 * MINUTE, 1}) {
            assertTrue(offset.learn(serverTime(ahead), offset.sending()));
            assertEquals(ahead, offset.millis());
            clock.pass(1234);
            assertEquals(clock.nowMillis() + ahead, offset.serverNowMillis());
        }
    }

    @Test
    public void half_of_the_round_trip_has_passed_since_the_server_looked_at_its_clock() {
        long sending = offset.sending();
        clock.pass(2000);
        String looked = serverTime(10 * MINUTE);
        clock.pass(2000);
        assertTrue(offset.learn(looked, sending));
        assertEquals(10 * MINUTE, offset.millis());
    }

    @Test
    public void setting_the_phones_clock_while_the_answer_is_under_way_does_not_spoil_the_round_trip() {
        long sending = offset.sending();
        clock.pass(1000);
        String looked = serverTime(0);
        clock.set(clock.nowMillis() - 10 * MINUTE);
        clock.pass(1000);
        assertTrue(offset.learn(looked, sending));
        assertEquals(10 * MINUTE, offset.millis());
    }

    @Test
    public void it_is_known_after_a_restart() {
        offset.learn(serverTime(10 * MINUTE), offset.sending());
        assertEquals(10 * MINUTE, new ClockOffset(clock, state).millis());
        assertTrue(new ClockOffset(clock, state).isKnown());
    }

    @Test
    public void what_is_no_time_or_comes_too_late_teaches_nothing() {
        for (String bad : new String[] {null, "", "soon", "1795147200", "2026-11-20", "+999999999-12-31T23:59:59.999Z"}) {
            assertFalse(bad, offset.learn(bad, offset.sending()));
        }
        long sending = offset.sending();
        clock.pass(120_001);
        assertFalse(offset.learn(serverTime(MINUTE), sending));
        assertFalse(offset.isKnown());
    }

    @Test
    public void times_of_any_precision_and_zone_are_read() {
        assertEquals(Long.valueOf(TestClock.START), Times.millis("2026-11-20T04:00:00Z"));
        assertEquals(Long.valueOf(TestClock.START + 120), Times.millis("2026-11-20T12:00:00.120345678+08:00"));
        assertEquals("2026-11-20T04:00:00.000Z", Times.rfc3339(TestClock.START));
    }
}
