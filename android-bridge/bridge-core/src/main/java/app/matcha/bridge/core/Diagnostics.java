package app.matcha.bridge.core;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A text about the state of the app that can be shown to a stranger: no secret, no pairing code, no word of a notice.
 *
 * <p>Safe by what it takes: facts are short values from the app itself, of notices only the package, the times, the state
 * and the lengths are taken, of results only the code, because a server's sentence may repeat what was sent.
 */
public final class Diagnostics {
    private static final int VALUE_CHARS_MAX = 120;
    private static final int ROWS_MAX = 50;

    private final Map<String, String> facts = new LinkedHashMap<>();
    private final StringBuilder notices = new StringBuilder();

    /** A fact in one line: version, maker, a step that is done. Never text of a notice, and nothing secret. */
    public Diagnostics fact(String name, Object value) {
        facts.put(oneLine(name), value == null ? "-" : oneLine(String.valueOf(value)));
        return this;
    }

    /** Where the server is: its host, without path or code. */
    public Diagnostics server(ServerAddress server, boolean pinned) {
        fact("server", server == null ? null : (server.isSecure() ? "https " : "http ") + server.host());
        return fact("pinned", pinned);
    }

    public Diagnostics courier(Courier.Result result, long lastStoredAtMillis) {
        fact("courier", result.kind + (result.code == null ? "" : " " + codeOnly(result.code)));
        fact("next_attempt_at", time(result.nextAttemptAtMillis));
        return fact("last_stored_at", time(lastStoredAtMillis));
    }

    public Diagnostics outbox(Outbox.Counts counts) {
        fact("waiting", counts.waiting);
        fact("oldest_waiting_at", time(counts.oldestWaitingAt));
        fact("parked", counts.parked);
        fact("dropped", counts.dropped);
        return fact("hidden", counts.hidden);
    }

    /** The last notices, by everything but their words. */
    public Diagnostics notices(List<Outbox.Row> rows) {
        for (Outbox.Row row : rows.subList(0, Math.min(ROWS_MAX, rows.size()))) {
            notices.append("  ").append(time(row.postedAt)).append(' ').append(packageOnly(row.packageName))
                    .append(" title:").append(length(row.title)).append(" text:").append(length(row.text))
                    .append(' ').append(row.state).append(' ').append(time(row.stateAt))
                    .append(row.code == null ? "" : " " + codeOnly(row.code)).append('\n');
        }
        return this;
    }

    public String text() {
        StringBuilder text = new StringBuilder("Matcha bridge\n");
        for (Map.Entry<String, String> fact : facts.entrySet()) {
            text.append(fact.getKey()).append(": ").append(fact.getValue()).append('\n');
        }
        return notices.length() == 0 ? text.toString() : text.append("notices:\n").append(notices).toString();
    }

    private static String time(long millis) {
        return millis == 0 ? "-" : Times.rfc3339(millis);
    }

    private static int length(String text) {
        return text == null ? 0 : text.codePointCount(0, text.length());
    }

    private static String codeOnly(String code) {
        return code.matches("[a-z0-9_]{1,60}") ? code : "?";
    }

    private static String packageOnly(String name) {
        return name != null && name.matches("[A-Za-z0-9_.]{1,255}") ? name : "?";
    }

    /** Whatever looks like a secret or a pairing code is blotted out, should one ever stand in a fact. */
    private static String oneLine(String value) {
        String line = value.replaceAll("\\s+", " ").replaceAll("whsec_[A-Za-z0-9+/=_-]+", "whsec_…")
                .replaceAll("(?i)(code=)[^&\\s]*", "$1…")
                .replaceAll("\\b[2-9B-DF-HJ-NP-TV-Z]{5}-[2-9B-DF-HJ-NP-TV-Z]{5}\\b", "…");
        return Texts.head(Texts.clean(line), VALUE_CHARS_MAX);
    }
}
