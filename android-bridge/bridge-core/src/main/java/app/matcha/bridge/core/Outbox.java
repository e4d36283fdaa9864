package app.matcha.bridge.core;

import java.util.Collection;
import java.util.List;

/**
 * The notices that have not reached the server yet, and a short history of those that left.
 *
 * <p>An implementation is safe to use from several threads, is durable when a call returns, and keeps to the bounds of
 * {@link OutboxPolicy}: what it must drop it counts, and the count outlives the process. {@code OutboxContract} in the
 * tests says all this as tests, for every implementation.
 */
public interface Outbox {
    /**
     * Keeps a notice. Durable when this returns.
     *
     * @return false where the same notice waits, is parked, or is still in the history: it is not kept a second time
     */
    boolean add(Notice notice);

    /**
     * The notices that came first, in the order in which they came: at most {@code max}, and together at most
     * {@code maxBytes} of JSON, but one at least if any waits. Parked ones are not among them.
     */
    List<Entry> oldest(int max, int maxBytes);

    /** The server named these: they stop waiting and stay in the history. Ids that do not wait are passed over. */
    void stored(Collection<String> ids, long atMillis);

    /** The server refuses this one for good: kept and visible, not sent again. An id that does not wait is passed over. */
    void park(String id, String code, long atMillis);

    /** How many there are of what. */
    Counts counts();

    /** The last notices, newest first. */
    List<Row> recent(int max);

    /** Where a notice stands. */
    enum Fate {
        /** It waits for the server. */
        WAITING,
        /** The server has it. */
        STORED,
        /** The server refuses it; {@link Row#code} says why. */
        PARKED,
        /** The outbox was full and this was the oldest: it never reached the server. */
        DROPPED
    }

    /** A notice on its way. Immutable. */
    final class Entry {
        public final String id;
        /** The object for the server, as it was built. */
        public final String json;

        public Entry(String id, String json) {
            this.id = id;
            this.json = json;
        }
    }

    /** Numbers for the screen and the heartbeat. Immutable. */
    final class Counts {
        public final int waiting;
        /** When the oldest that waits was posted, in milliseconds by the phone's clock; 0 where none waits. */
        public final long oldestWaitingAt;
        public final int parked;
        /** Dropped since the app was installed. */
        public final long dropped;
        /** Notices whose words the phone hid, since the app was installed. */
        public final long hidden;

        public Counts(int waiting, long oldestWaitingAt, int parked, long dropped, long hidden) {
            this.waiting = waiting;
            this.oldestWaitingAt = oldestWaitingAt;
            this.parked = parked;
            this.dropped = dropped;
            this.hidden = hidden;
        }
    }

    /** A notice on the screen. Immutable. */
    final class Row {
        public final String id;
        public final String packageName;
        public final String title;
        public final String text;
        /** Milliseconds by the phone's clock. */
        public final long postedAt;
        public final Fate state;
        /** When it came into this state, in milliseconds by the phone's clock; when it was posted, while it waits. */
        public final long stateAt;
        /** Why it is parked; null otherwise. */
        public final String code;

        public Row(String id, String packageName, String title, String text, long postedAt, Fate state, long stateAt,
                String code) {
            this.id = id;
            this.packageName = packageName;
            this.title = title;
            this.text = text;
            this.postedAt = postedAt;
            this.state = state;
            this.stateAt = stateAt;
            this.code = code;
        }
    }
}
