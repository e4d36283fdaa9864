package app.matcha.bridge.ui;

import app.matcha.bridge.Status;
import app.matcha.bridge.core.Courier;

/**
 * The one thing to say on the first screen. Pure: the gravest that is true wins, and "all is well" is said only where
 * nothing else is.
 */
enum HomeState {
    /** Not paired yet. */
    WELCOME,
    /** No notification access: nothing is heard. */
    NO_ACCESS,
    /** The server refuses this phone. */
    STOPPED,
    /** Access is given, but the system does not deliver. */
    UNBOUND,
    /** Something is in the way to the server. */
    WAITING,
    /** The phone could not keep notices since the owner last said that he knows. */
    LOST,
    /** Notices came without their text since then. */
    HIDDEN,
    /** Notices were dropped since then. */
    DROPPED,
    /** Notices were refused for good since then. */
    PARKED,
    /** The service that keeps the app awake does not run. */
    ASLEEP,
    /** Steps that matter are open. */
    STEPS,
    /** All is set, and nothing was ever stored. */
    READY,
    /** Heard, sent, stored. */
    OK;

    static HomeState of(Status status, int stepsOpen, Seen seen) {
        if (!status.paired) {
            return WELCOME;
        }
        if (!status.listenerGranted) {
            return NO_ACCESS;
        }
        if (status.courier == Courier.Result.Kind.STOPPED) {
            return STOPPED;
        }
        if (!status.listenerBound) {
            return UNBOUND;
        }
        if (status.courier == Courier.Result.Kind.WAIT) {
            return WAITING;
        }
        if (status.lost > seen.lost()) {
            return LOST;
        }
        if (status.hidden > seen.hidden()) {
            return HIDDEN;
        }
        if (status.dropped > seen.dropped()) {
            return DROPPED;
        }
        if (status.parked > seen.parked()) {
            return PARKED;
        }
        if (!status.foreground) {
            return ASLEEP;
        }
        if (stepsOpen > 0) {
            return STEPS;
        }
        return status.lastStoredAt == 0 ? READY : OK;
    }
}
