package app.matcha.bridge;

import android.database.sqlite.SQLiteException;
import app.matcha.bridge.core.Outbox;
import java.util.Collections;
import java.util.List;
import java.util.function.Supplier;

/**
 * The outbox as it is looked at, by screens and heartbeat. What a broken disk cannot say is as it was last known, and
 * {@link #isUnreadable} tells: a full phone must not take the app down that says so.
 */
final class OutboxView {
    private final SqliteOutbox outbox;
    private volatile Outbox.Counts lastCounts = new Outbox.Counts(0, 0, 0, 0, 0);
    private volatile boolean unreadable;

    OutboxView(SqliteOutbox outbox) {
        this.outbox = outbox;
    }

    /** True where the last look failed. */
    boolean isUnreadable() {
        return unreadable;
    }

    Outbox.Counts counts() {
        lastCounts = ask(outbox::counts, lastCounts);
        return lastCounts;
    }

    List<Outbox.Row> recent(int max) {
        return ask(() -> outbox.recent(max), Collections.<Outbox.Row>emptyList());
    }

    /** What became of a notice; null where it is not known, or no longer. */
    Outbox.Fate fateOf(String id) {
        return ask(() -> outbox.fateOf(id), Outbox.Fate.WAITING);
    }

    /** How the file is written, and whether one had to be put aside. */
    String mode() {
        return ask(outbox::mode, "unreadable") + (outbox.wasBroken() ? ", was broken" : "");
    }

    private <T> T ask(Supplier<T> question, T otherwise) {
        try {
            T answer = question.get();
            unreadable = false;
            return answer;
        } catch (SQLiteException broken) {
            unreadable = true;
            return otherwise;
        }
    }
}
