package app.matcha.bridge.core;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.Test;

public final class WatchdogTest {
    private static final long LOST = 1_000_000;
    private static final long MINUTE = 60_000;

    private final Watchdog dog = new Watchdog();

    private List<Watchdog.Act> due(long afterMillis) {
        List<Watchdog.Act> acts = new ArrayList<>();
        Watchdog.Act act = dog.due(LOST + afterMillis);
        while (act != Watchdog.Act.NONE) {
            acts.add(act);
            act = dog.due(LOST + afterMillis);
        }
        return acts;
    }

    private static List<Watchdog.Act> acts(Watchdog.Act... acts) {
        return Arrays.asList(acts);
    }

    @Test
    public void a_listener_that_was_never_lost_is_left_alone() {
        assertEquals(Collections.emptyList(), due(0));
        assertEquals(Long.MAX_VALUE, dog.nextAt());
        dog.disconnected(LOST);
        dog.connected();
        assertEquals(Collections.emptyList(), due(MINUTE));
        assertEquals(Long.MAX_VALUE, dog.nextAt());
    }

    @Test
    public void it_is_asked_twice_then_toggled_then_the_owner_is_told_then_it_is_toggled_every_quarter_of_an_hour() {
        dog.disconnected(LOST);
        Object[][] steps = {
            {0L, acts()}, {2_999L, acts()},
            {3_000L, acts(Watchdog.Act.REQUEST_REBIND)}, {14_999L, acts()},
            {15_000L, acts(Watchdog.Act.REQUEST_REBIND)}, {44_999L, acts()},
            {45_000L, acts(Watchdog.Act.TOGGLE_COMPONENT)}, {59_999L, acts()},
            {60_000L, acts(Watchdog.Act.ALARM)}, {16 * MINUTE - 1, acts()},
            {16 * MINUTE, acts(Watchdog.Act.TOGGLE_COMPONENT)}, {31 * MINUTE - 1, acts()},
            {31 * MINUTE, acts(Watchdog.Act.TOGGLE_COMPONENT)},
        };
        for (Object[] step : steps) {
            assertEquals("after " + step[0], step[1], due((Long) step[0]));
        }
    }

    @Test
    public void it_says_when_to_ask_again() {
        dog.disconnected(LOST);
        for (long at : new long[] {3_000, 15_000, 45_000, 60_000, 16 * MINUTE, 31 * MINUTE}) {
            assertEquals(LOST + at, dog.nextAt());
            assertEquals(1, due(at).size());
        }
    }

    @Test
    public void what_was_slept_through_is_not_made_up_for() {
        dog.disconnected(LOST);
        assertEquals(acts(Watchdog.Act.TOGGLE_COMPONENT), due(50_000));
        assertEquals(acts(Watchdog.Act.ALARM), due(60_000));

        dog.connected();
        dog.disconnected(LOST);
        assertEquals(acts(Watchdog.Act.TOGGLE_COMPONENT, Watchdog.Act.ALARM, Watchdog.Act.TOGGLE_COMPONENT), due(5 * 60 * MINUTE));
        assertEquals(acts(), due(5 * 60 * MINUTE + 14 * MINUTE));
        assertEquals(acts(Watchdog.Act.TOGGLE_COMPONENT), due(5 * 60 * MINUTE + 15 * MINUTE));
    }

    @Test
    public void being_told_again_that_it_is_lost_does_not_begin_anew() {
        dog.disconnected(LOST);
        dog.disconnected(LOST + 2_000);
        assertEquals(1, due(3_000).size());
    }

    @Test
    public void a_listener_that_came_back_and_was_lost_again_is_treated_as_new() {
        dog.disconnected(LOST);
        due(60_000);
        assertTrue(dog.isAlarmed());
        dog.connected();
        assertFalse(dog.isAlarmed());
        dog.disconnected(LOST + 100_000);
        assertEquals(acts(), due(102_999));
        assertEquals(acts(Watchdog.Act.REQUEST_REBIND), due(103_000));
        assertFalse(dog.isAlarmed());
    }
}
