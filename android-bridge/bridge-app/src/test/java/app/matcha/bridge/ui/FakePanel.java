package app.matcha.bridge.ui;

import android.content.Intent;
import android.provider.Settings;
import app.matcha.bridge.PairResult;
import app.matcha.bridge.SelfTest;
import app.matcha.bridge.Status;
import app.matcha.bridge.Step;
import app.matcha.bridge.core.Outbox;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

/** Any state of the app, and a list of what the screens asked for. Starts as a phone that is not paired yet. */
final class FakePanel extends Panel {
    /** Friday, 27 November 2026, 13:45 UTC. */
    static final long NOW = 1_795_787_100_000L;

    final Status.Builder status = new Status.Builder();
    final List<Outbox.Row> rows = new ArrayList<>();
    final Map<String, Step> steps = new LinkedHashMap<>();
    final List<String> asked = new ArrayList<>();
    final Set<Runnable> watchers = new LinkedHashSet<>();
    final Test test = new Test();
    Set<String> watched = new TreeSet<>(Arrays.asList(Apps.WECHAT, Apps.ALIPAY));
    String diagnostics = "Matcha bridge\nversion: 0.1.0\n";
    Consumer<PairResult> pairing;
    long now = NOW;

    FakePanel() {
        step(Step.ACCESS, Step.Done.NO, false);
        step(Step.NOTIFICATIONS, Step.Done.NO, false);
        step(Step.BATTERY, Step.Done.NO, false);
        step(Step.AUTOSTART, Step.Done.UNKNOWN, false);
    }

    /** A phone on which all is well: paired, heard, stored. */
    FakePanel well() {
        status.paired = true;
        status.serverHost = "pay.example.com";
        status.deviceId = "dev_1";
        status.listenerGranted = true;
        status.listenerBound = true;
        status.foreground = true;
        status.keyInKeystore = true;
        status.lastStoredAt = NOW - 2 * 60_000;
        status.lastHeartbeatAt = NOW - 40_000;
        step(Step.ACCESS, Step.Done.YES, false);
        step(Step.NOTIFICATIONS, Step.Done.YES, false);
        step(Step.BATTERY, Step.Done.YES, false);
        return this;
    }

    void step(String id, Step.Done done, boolean optional) {
        steps.put(id, new Step(id, done, optional, new Intent(Settings.ACTION_SETTINGS + "." + id)));
    }

    void row(String packageName, String title, String text, Outbox.Fate fate, String code, long ageMillis) {
        rows.add(new Outbox.Row("id" + rows.size(), packageName, title, text, NOW - ageMillis, fate,
                NOW - ageMillis + 900, code));
    }

    void changed() {
        new ArrayList<>(watchers).forEach(Runnable::run);
    }

    @Override
    Status status() {
        return status.build();
    }

    @Override
    long nowMillis() {
        return now;
    }

    @Override
    void watch(Runnable onChange) {
        watchers.add(onChange);
    }

    @Override
    void unwatch(Runnable onChange) {
        watchers.remove(onChange);
    }

    @Override
    void pair(String text, String phoneName, boolean allowPlain, Consumer<PairResult> done) {
        asked.add("pair " + text + " as " + phoneName + (allowPlain ? " plain" : ""));
        pairing = done;
    }

    @Override
    void unpair(boolean wipe) {
        asked.add(wipe ? "unpair and wipe" : "unpair");
    }

    @Override
    void tryAgain() {
        asked.add("try again");
    }

    @Override
    void deliverNow() {
        asked.add("deliver now");
    }

    @Override
    List<Outbox.Row> recent(int max) {
        asked.add("recent " + max);
        return rows.subList(0, Math.min(max, rows.size()));
    }

    @Override
    SelfTest selfTest() {
        return test;
    }

    @Override
    String diagnostics() {
        asked.add("diagnostics");
        return diagnostics;
    }

    @Override
    Set<String> watched() {
        return watched;
    }

    @Override
    void watched(Set<String> packages) {
        watched = packages;
    }

    @Override
    Step step(String id) {
        return steps.get(id);
    }

    /** A self-test that stands wherever it is put. */
    final class Test implements SelfTest {
        State state = State.IDLE;
        State failedAt;
        long posted = -1;
        long heard = -1;
        long stored = -1;

        @Override
        public void start() {
            asked.add("test");
            state = State.RUNNING;
        }

        @Override
        public void cancel() {
            asked.add("stop test");
            state = State.IDLE;
        }

        @Override
        public State state() {
            return state;
        }

        @Override
        public State failedAt() {
            return failedAt;
        }

        @Override
        public long postedAfterMillis() {
            return posted;
        }

        @Override
        public long heardAfterMillis() {
            return heard;
        }

        @Override
        public long storedAfterMillis() {
            return stored;
        }
    }
}
