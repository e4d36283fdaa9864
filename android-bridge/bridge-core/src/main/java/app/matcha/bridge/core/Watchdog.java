package app.matcha.bridge.core;

/**
 * When a notification listener that the system has let go is shaken awake. Pure: time comes in, an act comes out.
 *
 * <p>Asking for a rebind often does nothing after the process was killed; switching the component off and on makes the
 * system look again. So the one is tried twice, then the other, then the owner is told, and the other goes on.
 */
public final class Watchdog {
    /** What to do now. */
    public enum Act {
        NONE, REQUEST_REBIND, TOGGLE_COMPONENT, ALARM
    }

    /** Milliseconds since the listener was lost. */
    private static final long[] AT = {3_000, 15_000, 45_000, 60_000};
    private static final Act[] ACTS = {Act.REQUEST_REBIND, Act.REQUEST_REBIND, Act.TOGGLE_COMPONENT, Act.ALARM};
    /** How often it is toggled after the alarm. */
    private static final long TOGGLE_EVERY = 15 * 60_000;

    private boolean lost;
    private long lostAt;
    private int done;
    private long nextToggleAt;

    /** The listener is bound. */
    public synchronized void connected() {
        lost = false;
    }

    /**
     * The listener is not bound: the system said so, or the process has just begun. While it is lost already, this does
     * not begin anew.
     *
     * @param elapsedMillis monotonic
     */
    public synchronized void disconnected(long elapsedMillis) {
        if (!lost) {
            lost = true;
            lostAt = elapsedMillis;
            done = 0;
            nextToggleAt = elapsedMillis + AT[AT.length - 1] + TOGGLE_EVERY;
        }
    }

    /**
     * What is due; ask again until it is NONE. What was missed while the phone slept is not made up for: of the attempts
     * that are due only the strongest is told, and the alarm.
     */
    public synchronized Act due(long elapsedMillis) {
        if (!lost) {
            return Act.NONE;
        }
        int due = done;
        while (due < AT.length && elapsedMillis - lostAt >= AT[due]) {
            due++;
        }
        if (due == AT.length && done < AT.length - 1) {
            done = AT.length - 1;
            return Act.TOGGLE_COMPONENT;
        }
        if (due > done) {
            done = due;
            return ACTS[due - 1];
        }
        if (due == AT.length && elapsedMillis >= nextToggleAt) {
            nextToggleAt = elapsedMillis + TOGGLE_EVERY;
            return Act.TOGGLE_COMPONENT;
        }
        return Act.NONE;
    }

    /** When something will be due next, monotonic milliseconds; {@link Long#MAX_VALUE} while the listener is bound. */
    public synchronized long nextAt() {
        if (!lost) {
            return Long.MAX_VALUE;
        }
        return done < AT.length ? lostAt + AT[done] : nextToggleAt;
    }

    /** True from the alarm until the listener is back. */
    public synchronized boolean isAlarmed() {
        return lost && done == AT.length;
    }
}
