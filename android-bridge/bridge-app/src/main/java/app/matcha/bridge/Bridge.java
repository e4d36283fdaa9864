package app.matcha.bridge;

import android.app.Notification;
import android.content.Context;
import android.os.Handler;
import android.os.Looper;
import android.service.notification.StatusBarNotification;
import app.matcha.bridge.core.Chance;
import app.matcha.bridge.core.Clock;
import app.matcha.bridge.core.ClockOffset;
import app.matcha.bridge.core.Courier;
import app.matcha.bridge.core.Health;
import app.matcha.bridge.core.Heartbeat;
import app.matcha.bridge.core.Http;
import app.matcha.bridge.core.Outbox;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/**
 * The app behind the screens: one for each process, whichever of screen, listener, service, job or receiver came first.
 * Puts the parts together and passes on what happens; holds no rules of its own. May be used on the main thread.
 */
public final class Bridge {
    private final Context context;
    private final Handler main = new Handler(Looper.getMainLooper());
    private final List<Runnable> watchers = new CopyOnWriteArrayList<>();
    private final Runnable changed = this::changed;
    private final Clock clock;
    private final Identity identity;
    private final Settings settings;
    private final SqliteOutbox outbox;
    private final OutboxView view;
    private final Courier courier;
    private final Phone phone;
    private final Steps steps;
    private final Alarms alarms;
    private final SelfTestRun selfTest;
    private final Capture capture;
    private final ListenerWatch listener;
    private final Delivery delivery;
    private final Wakeup wakeup;
    private final Networks networks;
    private final Pairer pairer;
    private final Report report;
    private volatile boolean foreground;

    Bridge(Context context, Outside outside) {
        this.context = context;
        clock = outside.clock();
        Chance chance = outside.chance();
        PrefsState state = new PrefsState(context);
        identity = new Identity(context);
        settings = new Settings(context);
        outbox = new SqliteOutbox(context);
        view = new OutboxView(outbox);
        Vault vault = new Vault(identity, outside.keystore(), outside.file());
        ClockOffset offset = new ClockOffset(clock, state);
        Http server = new Server(identity, outside, clock);
        courier = new Courier(outbox, vault, server, clock, chance, state);
        Heartbeat heartbeat = new Heartbeat(vault, server, clock, chance, state);
        phone = new Phone(context);
        steps = new Steps(context, phone);
        alarms = new Alarms(context, state);
        selfTest = new SelfTestRun(alarms, phone, clock, chance, view::fateOf, this::tell);
        capture = new Capture(context, identity, settings, outbox, state, clock, selfTest, this::tell);
        listener = new ListenerWatch(context, phone, clock, this::tell);
        wakeup = new Wakeup(context);
        delivery = new Delivery(context, courier, heartbeat, this::health, clock, wakeup, this::tell);
        report = new Report(clock, identity, settings, view, capture, delivery, courier, heartbeat, offset, listener, phone);
        networks = new Networks(context, delivery::networkReturned);
        pairer = new Pairer(outside, clock, identity, vault, offset, phone);
    }

    public static Bridge of(Context context) {
        return ((App) context.getApplicationContext()).bridge();
    }

    // What the screens see.

    /** How things stand. Cheap enough to be asked every second. */
    public Status status() {
        return report.status(foreground);
    }

    /** Milliseconds by the phone's clock, as all times of {@link Status} are. */
    public long nowMillis() {
        return clock.nowMillis();
    }

    /** Is called on the main thread after something changed, until {@link #unwatch}. */
    public void watch(Runnable onChange) {
        watchers.add(onChange);
    }

    public void unwatch(Runnable onChange) {
        watchers.remove(onChange);
    }

    /** The last notices, newest first. */
    public List<Outbox.Row> recent(int max) {
        return view.recent(max);
    }

    public SelfTest selfTest() {
        return selfTest;
    }

    public Settings settings() {
        return settings;
    }

    public Steps steps() {
        return steps;
    }

    /** A text about the app that may be shown to a stranger. */
    public String diagnostics() {
        return report.diagnostics(foreground);
    }

    // What the screens do.

    /**
     * Pairs by a link, and replaces an earlier pairing; what waits is kept.
     *
     * @param text the link, or a text with the link in it
     * @param allowPlain the owner allows plain HTTP to a private address
     * @param done is called on the main thread
     */
    public void pair(String text, String phoneName, boolean allowPlain, Consumer<PairResult> done) {
        pairer.pair(text, phoneName, allowPlain, result -> {
            if (result.ok) {
                alarms.clear();
                courier.tryAgain();
                awake();
            }
            tell();
            done.accept(result);
        });
    }

    /** @param wipe also forget what waits */
    public void unpair(boolean wipe) {
        pairer.unpair();
        if (wipe) {
            outbox.wipe();
        }
        WatchdogJob.cancel(context);
        wakeup.cancel();
        BridgeService.stop(context);
        alarms.clear();
        // So that the courier sees it.
        delivery.soon();
        tell();
    }

    /** After a refusal: knocks once more. */
    public void tryAgain() {
        delivery.tryAgain();
    }

    /** Waits for nothing. */
    public void deliverNow() {
        delivery.tryAgain();
    }

    // What happens around it.

    /** Somebody looks, the phone booted, time went by: everything that should run is made to. */
    void awake() {
        awake(() -> {});
    }

    /** @param after is run when what waits was carried, or could not be */
    void awake(Runnable after) {
        if (!identity.isPaired()) {
            after.run();
            return;
        }
        listener.look();
        networks.listen();
        WatchdogJob.schedule(context);
        if (!foreground) {
            BridgeService.start(context);
        }
        delivery.all(after);
    }

    /** The listener may be granted and yet not bound. */
    void rebind() {
        if (phone.mayListen()) {
            listener.toggle();
        }
    }

    /** A notification; on the disk when this returns, if it is one of ours. */
    void heard(StatusBarNotification posted, boolean recovered) {
        if (capture.posted(posted, recovered)) {
            delivery.soon();
            tell();
        }
    }

    void listenerConnected() {
        listener.connected();
        awake();
    }

    void listenerDisconnected() {
        listener.disconnected();
    }

    /** The service is in the foreground, or no longer. */
    void foreground(boolean now) {
        foreground = now;
        tell();
    }

    boolean isForeground() {
        return foreground;
    }

    Notification standing() {
        return alarms.standing(view.counts().waiting, listener.isBound());
    }

    /** From any thread: everybody who looks is told, once for many changes. */
    private void tell() {
        main.removeCallbacks(changed);
        main.post(changed);
    }

    private void changed() {
        selfTest.look();
        if (identity.isPaired()) {
            alarms.update(status(), listener.isAlarmed(), clock.nowMillis());
        }
        if (foreground) {
            alarms.refreshStanding(view.counts().waiting, listener.isBound());
        }
        for (Runnable watcher : watchers) {
            watcher.run();
        }
    }

    private Health health() {
        return report.health(foreground);
    }

    /** Ends the thread and closes the file. */
    void close() {
        delivery.end();
        outbox.close();
    }

    /** For tests: where the delivery works. */
    Looper deliveryLooper() {
        return delivery.looper();
    }
}
