package app.matcha.bridge;

import android.os.Build;
import app.matcha.bridge.core.Clock;
import app.matcha.bridge.core.ClockOffset;
import app.matcha.bridge.core.Courier;
import app.matcha.bridge.core.Diagnostics;
import app.matcha.bridge.core.Health;
import app.matcha.bridge.core.Heartbeat;
import app.matcha.bridge.core.Outbox;
import app.matcha.bridge.core.ServerAddress;
import java.util.Map;

/** How the app stands, told three times: to the screens, to the server, and to a stranger who is to help. */
final class Report {
    private static final String PHONE_STORAGE = "phone_storage";
    private static final int ROWS = 50;

    private final Clock clock;
    private final Identity identity;
    private final Settings settings;
    private final OutboxView outbox;
    private final Capture capture;
    private final Delivery delivery;
    private final Courier courier;
    private final Heartbeat heartbeat;
    private final ClockOffset offset;
    private final ListenerWatch listener;
    private final Phone phone;

    Report(Clock clock, Identity identity, Settings settings, OutboxView outbox, Capture capture, Delivery delivery,
            Courier courier, Heartbeat heartbeat, ClockOffset offset, ListenerWatch listener, Phone phone) {
        this.clock = clock;
        this.identity = identity;
        this.settings = settings;
        this.outbox = outbox;
        this.capture = capture;
        this.delivery = delivery;
        this.courier = courier;
        this.heartbeat = heartbeat;
        this.offset = offset;
        this.listener = listener;
        this.phone = phone;
    }

    Status status(boolean foreground) {
        Outbox.Counts counts = outbox.counts();
        ServerAddress server = identity.server();
        Status.Builder now = new Status.Builder();
        now.paired = identity.isPaired();
        now.serverHost = server == null ? null : server.host();
        now.deviceId = identity.deviceId();
        now.listenerGranted = phone.mayListen();
        now.listenerBound = listener.isBound();
        now.waiting = counts.waiting;
        now.oldestWaitingAt = counts.oldestWaitingAt;
        now.dropped = counts.dropped;
        now.parked = counts.parked;
        now.hidden = counts.hidden;
        now.lost = capture.lost();
        now.lastStoredAt = courier.lastStoredAtMillis();
        now.lastHeartbeatAt = heartbeat.lastAtMillis();
        now.clockOffsetMillis = offset.millis();
        now.foreground = foreground;
        now.keyInKeystore = identity.isKeyInKeystore();
        fillDelivery(now);
        return now.build();
    }

    private void fillDelivery(Status.Builder now) {
        Courier.Result standing = delivery.standing();
        now.courier = standing.kind;
        now.code = standing.code;
        now.nextAttemptAt = standing.nextAttemptAtMillis;
        if (outbox.isUnreadable()) {
            now.courier = Courier.Result.Kind.WAIT;
            now.code = PHONE_STORAGE;
            now.nextAttemptAt = clock.nowMillis() + Delivery.AFTER_FAILURE;
        }
    }

    Health health(boolean foreground) {
        Health health = phone.health().listener(listener.isBound(), phone.mayListen()).outbox(outbox.counts())
                .foreground(foreground).clockOffset(offset);
        for (Map.Entry<String, Long> heard : capture.lastHeard().entrySet()) {
            health.lastCallback(heard.getKey(), heard.getValue());
        }
        return health;
    }

    String diagnostics(boolean foreground) {
        Status now = status(foreground);
        return new Diagnostics().fact("version", phone.appVersion())
                .fact("android", Build.VERSION.SDK_INT).fact("maker", Build.MANUFACTURER).fact("model", Build.MODEL)
                .fact("rom", Build.DISPLAY).server(identity.server(), identity.pin() != null)
                .fact("device", now.deviceId).fact("key", now.keyInKeystore ? "keystore" : "file")
                .fact("listener_granted", now.listenerGranted).fact("listener_bound", now.listenerBound)
                .fact("foreground", now.foreground).fact("notifications_allowed", phone.mayNotify())
                .fact("battery_exempt", phone.isExemptFromDoze()).fact("network", phone.network())
                .fact("clock_offset_ms", now.clockOffsetMillis).fact("watched", settings.watched())
                .fact("storage", outbox.mode()).fact("lost", now.lost)
                .courier(delivery.standing(), now.lastStoredAt).outbox(outbox.counts())
                .notices(outbox.recent(ROWS)).text();
    }
}
