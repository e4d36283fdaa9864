package app.matcha.bridge.core;

import com.grack.nanojson.JsonStringWriter;
import com.grack.nanojson.JsonWriter;
import java.util.List;

/**
 * A notice as the object that the server takes. Bounded: whatever apps post, it is below 300 KiB, so that it always fits
 * into a batch.
 */
final class NoticeJson {
    /**
     * Characters of one field. Above the 4096 beyond which the server keeps a text without reading it, so that a text
     * that was cut here is never read as if it were whole.
     */
    static final int FIELD_CHARS_MAX = 5_000;
    /** Characters of all fields together; six bytes each at the worst. */
    private static final int ALL_CHARS_MAX = 45_000;
    /** Lines and messages: Android itself keeps 7 and 25. */
    private static final int LIST_MAX = 50;

    private final Notice.Builder from;
    private final JsonStringWriter json = JsonWriter.string();
    private int left = ALL_CHARS_MAX;
    private boolean truncated;

    NoticeJson(Notice.Builder from) {
        this.from = from;
    }

    /** What is read first stands first: when all is too long, lists and decoration are cut. */
    String write(String id) {
        json.object().value("id", id);
        text("package", from.packageName);
        text("title", from.title);
        text("text", from.text);
        text("big_text", from.bigText);
        text("ticker", from.ticker);
        json.value("posted_at", Times.rfc3339(from.postedAt));
        if (from.when > 0) {
            json.value("when", Times.rfc3339(from.when));
        }
        number("notification_id", from.notificationId);
        text("key", from.key);
        text("tag", from.tag);
        text("channel_id", from.channelId);
        number("user", from.user);
        flag("ongoing", from.ongoing);
        flag("group_summary", from.groupSummary);
        flag("recovered", from.recovered);
        text("hidden", from.hidden);
        text("title_big", from.titleBig);
        text("sub_text", from.subText);
        text("info_text", from.infoText);
        text("summary_text", from.summaryText);
        text("category", from.category);
        text("group", from.group);
        lines(from.lines);
        messages(from.messages());
        flag("truncated", truncated);
        return json.end().done();
    }

    private String cut(String whole) {
        String kept = Texts.head(whole, Math.min(left, FIELD_CHARS_MAX));
        left -= kept.codePointCount(0, kept.length());
        truncated |= kept.length() < whole.length();
        return kept;
    }

    private void text(String name, String value) {
        if (value != null) {
            json.value(name, cut(value));
        }
    }

    private void number(String name, Integer value) {
        if (value != null) {
            json.value(name, value.intValue());
        }
    }

    private void flag(String name, boolean value) {
        if (value) {
            json.value(name, true);
        }
    }

    private void lines(List<String> lines) {
        if (lines.isEmpty()) {
            return;
        }
        json.array("text_lines");
        for (String line : newest(lines)) {
            json.value(cut(line));
        }
        json.end();
    }

    private void messages(List<Notice.Message> messages) {
        if (messages.isEmpty()) {
            return;
        }
        json.array("messages");
        for (Notice.Message message : newest(messages)) {
            json.object();
            text("text", message.text);
            if (message.at > 0) {
                json.value("at", Times.rfc3339(message.at));
            }
            text("sender", message.sender);
            json.end();
        }
        json.end();
    }

    private <T> List<T> newest(List<T> all) {
        truncated |= all.size() > LIST_MAX;
        return all.subList(Math.max(0, all.size() - LIST_MAX), all.size());
    }
}
