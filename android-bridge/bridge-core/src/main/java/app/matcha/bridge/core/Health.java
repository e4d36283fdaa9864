package app.matcha.bridge.core;

import com.grack.nanojson.JsonStringWriter;
import com.grack.nanojson.JsonWriter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * How the phone is, for the heartbeat. Filled by whoever knows; what nobody knows is left out rather than guessed.
 *
 * <p>Bounded below 3,500 characters: the server keeps the first 4,096 and shows them only where they are whole.
 */
public final class Health {
    private static final int TEXT_CHARS_MAX = 60;
    private static final int PACKAGES_MAX = 16;

    private final Map<String, Object> facts = new TreeMap<>();
    private final Map<String, Object> battery = new TreeMap<>();
    private final Map<String, Long> lastCallback = new TreeMap<>();
    private String appVersion = "";

    public Health appVersion(String value) {
        appVersion = value;
        return this;
    }

    /** @param connected the system has bound the listener; {@code granted}: the owner has allowed it */
    public Health listener(boolean connected, boolean granted) {
        facts.put("listener_connected", connected);
        facts.put("listener_granted", granted);
        return this;
    }

    public Health outbox(Outbox.Counts counts) {
        facts.put("outbox_depth", counts.waiting);
        if (counts.waiting > 0 && counts.oldestWaitingAt > 0) {
            facts.put("outbox_oldest_at", Times.rfc3339(counts.oldestWaitingAt));
        }
        facts.put("dropped", counts.dropped);
        facts.put("parked", counts.parked);
        facts.put("hidden", counts.hidden);
        return this;
    }

    /** @param exempt battery optimisation is switched off for this app */
    public Health battery(int percent, boolean charging, boolean exempt) {
        battery.put("percent", Math.max(0, Math.min(100, percent)));
        battery.put("charging", charging);
        battery.put("exempt", exempt);
        return this;
    }

    /** This app may show notifications: its own alarms are seen. */
    public Health notificationsAllowed(boolean value) {
        facts.put("notifications_allowed", value);
        return this;
    }

    /** The foreground service is running. */
    public Health foreground(boolean value) {
        facts.put("foreground", value);
        return this;
    }

    /** {@code wifi}, {@code cellular}, {@code ethernet}, {@code vpn}, {@code none}. */
    public Health network(String value) {
        facts.put("network", value);
        return this;
    }

    /** Left out where it is not known yet. */
    public Health clockOffset(ClockOffset offset) {
        if (offset.isKnown()) {
            facts.put("clock_offset_ms", offset.millis());
        }
        return this;
    }

    /** When a package was last heard, in milliseconds by the phone's clock. */
    public Health lastCallback(String packageName, long atMillis) {
        lastCallback.put(packageName, atMillis);
        return this;
    }

    public Health phone(int sdk, String vendor, String model, String rom) {
        facts.put("sdk", sdk);
        facts.put("vendor", vendor);
        facts.put("model", model);
        facts.put("rom", rom);
        return this;
    }

    /** The body of the heartbeat. */
    String json(String sentAt) {
        JsonStringWriter json = JsonWriter.string();
        json.object().value("sent_at", sentAt).value("app_version", cut(appVersion));
        write(json, facts);
        if (!battery.isEmpty()) {
            json.object("battery");
            write(json, battery);
            json.end();
        }
        json.object("last_callback");
        for (Map.Entry<String, Long> heard : lastHeard()) {
            json.value(cut(heard.getKey()), Times.rfc3339(heard.getValue()));
        }
        return json.end().end().done();
    }

    private static void write(JsonStringWriter json, Map<String, Object> facts) {
        for (Map.Entry<String, Object> fact : facts.entrySet()) {
            Object value = fact.getValue();
            if (value != null) {
                json.value(fact.getKey(), value instanceof String ? cut((String) value) : value);
            }
        }
    }

    /** Those that were heard last, if there are too many. */
    private List<Map.Entry<String, Long>> lastHeard() {
        List<Map.Entry<String, Long>> all = new ArrayList<>(lastCallback.entrySet());
        all.sort(Comparator.comparing((Map.Entry<String, Long> heard) -> -heard.getValue()));
        return all.subList(0, Math.min(PACKAGES_MAX, all.size()));
    }

    private static String cut(String text) {
        return Texts.head(Texts.clean(text == null ? "" : text), TEXT_CHARS_MAX);
    }
}
