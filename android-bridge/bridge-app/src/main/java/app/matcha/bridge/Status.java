package app.matcha.bridge;

import app.matcha.bridge.core.Courier;

/** How the app stands at one moment, for the screens. Immutable. Times are milliseconds by the phone's clock, 0 for never. */
public final class Status {
    /** A server knows this phone. */
    public final boolean paired;
    /** The server's host; null before pairing. */
    public final String serverHost;
    /** The id that the server gave this phone; null before pairing. */
    public final String deviceId;
    /** The owner has given notification access. */
    public final boolean listenerGranted;
    /** The system has bound the listener: notifications come in. */
    public final boolean listenerBound;
    /** How delivery stands. WAIT also where nothing waits but the heartbeat does not come through. */
    public final Courier.Result.Kind courier;
    /** Why, where it is WAIT or STOPPED ({@link Courier.Result#code}); null otherwise. */
    public final String code;
    /** When the next attempt is made, where it is WAIT. */
    public final long nextAttemptAt;
    public final int waiting;
    /** When the oldest that waits was posted. */
    public final long oldestWaitingAt;
    public final long dropped;
    public final int parked;
    public final long hidden;
    /** Notifications that the phone could not keep (its storage is full or broken) since the app was installed. */
    public final long lost;
    /** When the server last named a notice stored. */
    public final long lastStoredAt;
    /** When the server last heard a heartbeat. */
    public final long lastHeartbeatAt;
    /** What to add to the phone's time to get the server's, in milliseconds; 0 as long as it is not known. */
    public final long clockOffsetMillis;
    /** The foreground service runs. */
    public final boolean foreground;
    /** The key lies in the phone's keystore, and not in a file of the app. */
    public final boolean keyInKeystore;

    private Status(Builder from) {
        paired = from.paired;
        serverHost = from.serverHost;
        deviceId = from.deviceId;
        listenerGranted = from.listenerGranted;
        listenerBound = from.listenerBound;
        courier = from.courier;
        code = from.code;
        nextAttemptAt = from.nextAttemptAt;
        waiting = from.waiting;
        oldestWaitingAt = from.oldestWaitingAt;
        dropped = from.dropped;
        parked = from.parked;
        hidden = from.hidden;
        lost = from.lost;
        lastStoredAt = from.lastStoredAt;
        lastHeartbeatAt = from.lastHeartbeatAt;
        clockOffsetMillis = from.clockOffsetMillis;
        foreground = from.foreground;
        keyInKeystore = from.keyInKeystore;
    }

    /** All of the above before it is fixed; starts as an app that is not paired. Public for the tests of the screens. */
    public static final class Builder {
        public boolean paired;
        public String serverHost;
        public String deviceId;
        public boolean listenerGranted;
        public boolean listenerBound;
        public Courier.Result.Kind courier = Courier.Result.Kind.IDLE;
        public String code;
        public long nextAttemptAt;
        public int waiting;
        public long oldestWaitingAt;
        public long dropped;
        public int parked;
        public long hidden;
        public long lost;
        public long lastStoredAt;
        public long lastHeartbeatAt;
        public long clockOffsetMillis;
        public boolean foreground;
        public boolean keyInKeystore;

        public Status build() {
            return new Status(this);
        }
    }
}
