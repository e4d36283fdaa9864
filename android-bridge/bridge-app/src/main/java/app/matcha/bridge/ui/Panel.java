package app.matcha.bridge.ui;

import android.content.Context;
import app.matcha.bridge.Bridge;
import app.matcha.bridge.PairResult;
import app.matcha.bridge.SelfTest;
import app.matcha.bridge.Status;
import app.matcha.bridge.Step;
import app.matcha.bridge.core.Outbox;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * What the screens can see of the app, and do to it. The one place where they touch it, so that a test can show any
 * state without bringing it about. All of it may be called on the main thread.
 */
abstract class Panel {
    private static volatile Panel instead;

    static Panel of(Context context) {
        Panel put = instead;
        return put != null ? put : new BridgePanel(Bridge.of(context));
    }

    /** For tests: this one from now on; null for the real one again. */
    static void use(Panel panel) {
        instead = panel;
    }

    abstract Status status();

    abstract long nowMillis();

    abstract void watch(Runnable onChange);

    abstract void unwatch(Runnable onChange);

    abstract void pair(String text, String phoneName, boolean allowPlain, Consumer<PairResult> done);

    abstract void unpair(boolean wipe);

    abstract void tryAgain();

    abstract void deliverNow();

    abstract List<Outbox.Row> recent(int max);

    abstract SelfTest selfTest();

    abstract String diagnostics();

    abstract Set<String> watched();

    abstract void watched(Set<String> packages);

    /** One of the steps that the app knows of, by its id. */
    abstract Step step(String id);
}
