package app.matcha.bridge;

import android.content.Context;
import android.database.sqlite.SQLiteException;
import android.os.Handler;
import android.os.HandlerThread;
import android.os.Looper;
import android.os.PowerManager;
import app.matcha.bridge.core.Clock;
import app.matcha.bridge.core.Courier;
import app.matcha.bridge.core.Health;
import app.matcha.bridge.core.Heartbeat;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Supplier;

/**
 * The one thread that speaks with the server: carries notices, beats, and waits in between. While it works, and while it
 * waits for less than half a minute, the processor is kept awake; for longer waits {@link Wakeup} is asked to call.
 */
final class Delivery {
    /** Longer than a run of the courier may take; after that the lock lets go by itself. Milliseconds. */
    private static final long AWAKE_MAX = 120_000;
    private static final long WAIT_AWAKE_MAX = 30_000;
    /** After the outbox itself failed, in milliseconds: a full disk is not empty in a second. */
    static final long AFTER_FAILURE = 60_000;

    private final Courier courier;
    private final Heartbeat heartbeat;
    private final Supplier<Health> health;
    private final Clock clock;
    private final Wakeup wakeup;
    private final Runnable onChange;
    private final Handler worker;
    private final PowerManager.WakeLock awake;
    private final Runnable deliver = this::deliver;
    private final Runnable beat = this::beat;
    private final Runnable deliverLater = () -> ask(deliver);
    private final Runnable beatLater = () -> ask(beat);
    /** Work that is asked for and not begun. */
    private final Set<Runnable> asked = new HashSet<>();
    private volatile Courier.Result lastBeat;

    /** @param onChange called on the worker whenever something came of it */
    Delivery(Context context, Courier courier, Heartbeat heartbeat, Supplier<Health> health, Clock clock, Wakeup wakeup,
            Runnable onChange) {
        this.courier = courier;
        this.heartbeat = heartbeat;
        this.health = health;
        this.clock = clock;
        this.wakeup = wakeup;
        this.onChange = onChange;
        HandlerThread thread = new HandlerThread("delivery");
        thread.start();
        worker = new Handler(thread.getLooper());
        awake = context.getSystemService(PowerManager.class).newWakeLock(PowerManager.PARTIAL_WAKE_LOCK, "matcha:delivery");
        awake.setReferenceCounted(false);
    }

    /** Carries what waits, now. */
    void soon() {
        ask(deliver);
    }

    /** Carries what waits and beats, now; {@code after} is run on the worker when both are done. */
    void all(Runnable after) {
        ask(deliver);
        ask(beat);
        worker.post(after);
    }

    /** The network is back: waits end, unless the server itself asked for them. */
    void networkReturned() {
        courier.networkReturned();
        all(() -> {});
    }

    /** The owner says so: no wait counts, and no refusal. */
    void tryAgain() {
        courier.tryAgain();
        all(() -> {});
    }

    /** What is in the way; a heartbeat that fails is, too. */
    Courier.Result standing() {
        Courier.Result delivery = courier.last();
        Courier.Result beaten = lastBeat;
        boolean idle = delivery.kind == Courier.Result.Kind.IDLE;
        return idle && beaten != null && beaten.kind == Courier.Result.Kind.WAIT ? beaten : delivery;
    }

    /** Does nothing from now on. */
    void end() {
        worker.getLooper().quit();
    }

    Looper looper() {
        return worker.getLooper();
    }

    /** Once for each kind of work, however often it is asked for before it is begun. */
    private synchronized void ask(Runnable work) {
        awake.acquire(AWAKE_MAX);
        if (asked.add(work)) {
            worker.post(() -> {
                begun(work);
                work.run();
                done();
            });
        }
    }

    private synchronized void begun(Runnable work) {
        asked.remove(work);
    }

    /** Lets the processor sleep once everything that was asked for is done, unless something is due in a moment. */
    private synchronized void done() {
        if (!asked.isEmpty()) {
            return;
        }
        Courier.Result standing = courier.last();
        boolean waits = standing.kind == Courier.Result.Kind.WAIT;
        long wait = waits ? Math.max(0, standing.nextAttemptAtMillis - clock.nowMillis()) : Wakeup.BEAT_AT_LATEST;
        boolean soon = wait <= WAIT_AWAKE_MAX;
        if (soon) {
            awake.acquire(wait + AWAKE_MAX);
        } else if (awake.isHeld()) {
            awake.release();
        }
        if (standing.kind == Courier.Result.Kind.STOPPED) {
            wakeup.cancel();
        } else {
            wakeup.in(soon ? Wakeup.BEAT_AT_LATEST : Math.min(wait, Wakeup.BEAT_AT_LATEST));
        }
    }

    private void deliver() {
        worker.removeCallbacks(deliverLater);
        try {
            Courier.Result result = courier.run();
            if (result.kind == Courier.Result.Kind.PROGRESS) {
                soon();
            } else if (result.kind == Courier.Result.Kind.WAIT) {
                worker.postDelayed(deliverLater, Math.max(0, result.nextAttemptAtMillis - clock.nowMillis()));
            }
        } catch (SQLiteException outboxFailed) {
            // Nothing was taken out of it. The bridge, which reads it too, tells.
            worker.postDelayed(deliverLater, AFTER_FAILURE);
        }
        onChange.run();
    }

    private void beat() {
        worker.removeCallbacks(beatLater);
        lastBeat = heartbeat.beat(health.get());
        if (lastBeat.kind == Courier.Result.Kind.STOPPED) {
            // The courier is stopped by the same mark, and has not seen it yet.
            soon();
        } else {
            worker.postDelayed(beatLater, Heartbeat.EVERY);
        }
        onChange.run();
    }
}
