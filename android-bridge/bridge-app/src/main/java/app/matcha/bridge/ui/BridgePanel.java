package app.matcha.bridge.ui;

import app.matcha.bridge.Bridge;
import app.matcha.bridge.PairResult;
import app.matcha.bridge.SelfTest;
import app.matcha.bridge.Status;
import app.matcha.bridge.Step;
import app.matcha.bridge.core.Outbox;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** The real app behind the screens. Only passes on. */
final class BridgePanel extends Panel {
    private final Bridge bridge;

    BridgePanel(Bridge bridge) {
        this.bridge = bridge;
    }

    @Override
    Status status() {
        return bridge.status();
    }

    @Override
    long nowMillis() {
        return bridge.nowMillis();
    }

    @Override
    void watch(Runnable onChange) {
        bridge.watch(onChange);
    }

    @Override
    void unwatch(Runnable onChange) {
        bridge.unwatch(onChange);
    }

    @Override
    void pair(String text, String phoneName, boolean allowPlain, Consumer<PairResult> done) {
        bridge.pair(text, phoneName, allowPlain, done);
    }

    @Override
    void unpair(boolean wipe) {
        bridge.unpair(wipe);
    }

    @Override
    void tryAgain() {
        bridge.tryAgain();
    }

    @Override
    void deliverNow() {
        bridge.deliverNow();
    }

    @Override
    List<Outbox.Row> recent(int max) {
        return bridge.recent(max);
    }

    @Override
    SelfTest selfTest() {
        return bridge.selfTest();
    }

    @Override
    String diagnostics() {
        return bridge.diagnostics();
    }

    @Override
    Set<String> watched() {
        return bridge.settings().watched();
    }

    @Override
    void watched(Set<String> packages) {
        bridge.settings().watch(packages);
    }

    @Override
    Step step(String id) {
        return bridge.steps().step(id);
    }
}
