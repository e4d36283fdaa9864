package app.matcha.bridge.ui;

import android.content.Context;
import android.content.SharedPreferences;

/**
 * What the owner has said about things the app cannot know by itself: which losses he knows of, and which steps he did
 * where no app can look. Only ever decides what is shown; what was lost stays counted.
 */
final class Seen {
    private static final String LOST = "seen.lost";
    private static final String HIDDEN = "seen.hidden";
    private static final String DROPPED = "seen.dropped";
    private static final String PARKED = "seen.parked";
    private static final String STEP = "step.";

    private final SharedPreferences kept;

    Seen(Context context) {
        kept = context.getSharedPreferences("screens", Context.MODE_PRIVATE);
    }

    long lost() {
        return kept.getLong(LOST, 0);
    }

    long hidden() {
        return kept.getLong(HIDDEN, 0);
    }

    long dropped() {
        return kept.getLong(DROPPED, 0);
    }

    long parked() {
        return kept.getLong(PARKED, 0);
    }

    void lost(long count) {
        kept.edit().putLong(LOST, count).apply();
    }

    void hidden(long count) {
        kept.edit().putLong(HIDDEN, count).apply();
    }

    void dropped(long count) {
        kept.edit().putLong(DROPPED, count).apply();
    }

    void parked(long count) {
        kept.edit().putLong(PARKED, count).apply();
    }

    boolean step(String id) {
        return kept.getBoolean(STEP + id, false);
    }

    void step(String id, boolean done) {
        kept.edit().putBoolean(STEP + id, done).apply();
    }
}
