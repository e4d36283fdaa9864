package app.matcha.bridge.core;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNotEquals;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertTrue;

import com.grack.nanojson.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import org.junit.Test;

public final class NoticeTest {
    private static final long AT = TestClock.START + 250;

    private static Notice.Builder one() {
        return Notices.builder("0.98", AT).when(AT - 40).bigText("a").subText("b").line("c").line("d")
                .message("e", AT - 10, "f");
    }

    private static JsonObject json(Notice.Builder builder) {
        return Parsed.object(builder.build().json());
    }

    @Test
    public void one_notification_read_twice_is_one_notice() {
        Notice first = one().ticker("微信支付: 微信支付收款0.98元").build();
        Notice again = one().recovered(true).hidden(HiddenText.REDACTED).build();
        assertEquals(first.id(), again.id());
        assertArrayEquals(first.fingerprint(), again.fingerprint());
    }

    @Test
    public void an_update_of_a_notification_is_another_notice() {
        String id = one().build().id();
        Map<String, Notice> updates = new HashMap<>();
        updates.put("post time", Notices.builder("0.98", AT + 1).when(AT - 40).bigText("a").subText("b").line("c")
                .line("d").message("e", AT - 10, "f").build());
        Map<String, UnaryOperator<Notice.Builder>> changes = new HashMap<>();
        changes.put("text", b -> b.text("微信支付收款0.97元(朋友到店)"));
        changes.put("title", b -> b.title("微信收款助手"));
        changes.put("big text", b -> b.bigText("a "));
        changes.put("sub text", b -> b.subText(null));
        changes.put("when", b -> b.when(AT));
        changes.put("key", b -> b.key("0|com.tencent.mm|1|null|10123"));
        changes.put("user", b -> b.user(999));
        changes.put("id", b -> b.notificationId(1));
        changes.put("tag", b -> b.tag(""));
        changes.put("one more line", b -> b.line("e"));
        changes.put("one more message", b -> b.message("e", AT - 10, "f"));
        changes.forEach((what, change) -> updates.put(what, change.apply(one()).build()));
        updates.forEach((what, update) -> assertNotEquals(what, id, update.id()));
        assertEquals("and each is another than all others", updates.size(),
                updates.values().stream().map(Notice::id).distinct().count());
    }

    @Test
    public void two_payments_of_one_amount_in_one_conversation_are_two() {
        assertNotEquals(Notices.receipt("1.00", AT).id(), Notices.receipt("1.00", AT + 1).id());
    }

    @Test
    public void words_that_move_from_one_field_to_the_next_make_another_notice() {
        List<Notice.Builder> all = Arrays.asList(
                Notice.builder("p", AT).title("ab").text("c"),
                Notice.builder("p", AT).title("a").text("bc"),
                Notice.builder("p", AT).title("").text("abc"),
                Notice.builder("p", AT).text("abc"),
                Notice.builder("p", AT).title("abc").text(""),
                Notice.builder("p", AT).title("abc"),
                Notice.builder("pa", AT).title("bc"),
                Notice.builder("p", AT).line("ab").line("c"),
                Notice.builder("p", AT).line("a").line("bc"),
                Notice.builder("p", AT).line("abc"),
                Notice.builder("p", AT).line("abc").line(""),
                Notice.builder("p", AT).message("abc", 0, null),
                Notice.builder("p", AT).message("ab", 0, "c"),
                Notice.builder("p", AT).message("abc", 0, ""),
                Notice.builder("p", AT).key("k").tag("").title("abc"),
                Notice.builder("p", AT).key("").tag("k").title("abc"));
        assertEquals(all.size(), all.stream().map(b -> b.build().id()).distinct().count());
    }

    @Test
    public void the_id_is_the_first_half_of_the_fingerprint() {
        Notice notice = one().build();
        assertEquals(Hashes.hex(notice.fingerprint(), 32).substring(0, 32), notice.id());
        assertTrue(notice.id().matches("[0-9a-f]{32}"));
    }

    @Test
    public void a_fingerprint_stays_the_same_from_one_version_of_the_app_to_the_next() {
        // Otherwise an update of the app would send again what is still shown.
        assertEquals("8f853548819e903c63e56d9f1157794e", one().build().id());
    }

    @Test
    public void every_field_is_sent_under_the_name_of_the_contract() {
        JsonObject json = json(Notice.builder("com.tencent.mm", AT).key("0|k").notificationId(-656_511_598).tag("t")
                .user(999).channelId("c").category("msg").group("g").title("标题").titleBig("大").text("文字")
                .bigText("长").subText("副").infoText("信").summaryText("摘").ticker("滚").line("一").line("二")
                .message("话", AT - 500, "人").message("话二", 0, null).when(AT - 1).ongoing(true).groupSummary(true)
                .recovered(true).hidden(HiddenText.EMPTY));
        Map<String, Object> expected = new HashMap<>();
        expected.put("package", "com.tencent.mm");
        expected.put("key", "0|k");
        expected.put("notification_id", -656_511_598);
        expected.put("tag", "t");
        expected.put("user", 999);
        expected.put("channel_id", "c");
        expected.put("category", "msg");
        expected.put("group", "g");
        expected.put("title", "标题");
        expected.put("title_big", "大");
        expected.put("text", "文字");
        expected.put("big_text", "长");
        expected.put("sub_text", "副");
        expected.put("info_text", "信");
        expected.put("summary_text", "摘");
        expected.put("ticker", "滚");
        expected.put("text_lines", Arrays.asList("一", "二"));
        expected.put("messages", Arrays.asList(
                Map.of("text", "话", "at", "2026-11-20T03:59:59.750Z", "sender", "人"), Map.of("text", "话二")));
        expected.put("posted_at", "2026-11-20T04:00:00.250Z");
        expected.put("when", "2026-11-20T04:00:00.249Z");
        expected.put("ongoing", true);
        expected.put("group_summary", true);
        expected.put("recovered", true);
        expected.put("hidden", "empty");
        expected.put("id", json.getString("id"));
        assertEquals(expected, json);
    }

    @Test
    public void what_is_absent_is_not_sent() {
        JsonObject json = json(Notice.builder("com.eg.android.AlipayGphone", AT).title("你已成功收款0.05元").text(""));
        assertEquals(new TreeSet<>(Arrays.asList("id", "package", "posted_at", "title", "text")),
                new TreeSet<>(json.keySet()));
        assertEquals("an empty text is not an absent one", "", json.getString("text"));
    }

    @Test
    public void an_emoji_that_an_app_cut_in_two_does_not_cost_the_notice() {
        JsonObject json = json(Notice.builder("p", AT).title("茶\uD83C").text("\uDF75 🍵").line("\uD83C\uD83C\uDF75"));
        assertEquals("茶\uFFFD", json.getString("title"));
        assertEquals("\uFFFD 🍵", json.getString("text"));
        assertEquals("\uFFFD🍵", json.getArray("text_lines").getString(0));
    }

    @Test
    public void rich_text_is_read_as_text() {
        assertEquals("1.00", json(Notice.builder("p", AT).text(new StringBuilder("1.00"))).getString("text"));
    }

    @Test
    public void a_cut_text_says_so_and_stays_too_long_for_the_server_to_read() {
        JsonObject json = json(Notice.builder("p", AT).text("🍵".repeat(6000)));
        String text = json.getString("text");
        assertTrue(text.codePointCount(0, text.length()) > 4096);
        assertTrue(text.length() <= 2 * NoticeJson.FIELD_CHARS_MAX && text.endsWith("🍵"));
        assertTrue(json.getBoolean("truncated"));
        assertNull(json(one()).get("truncated"));
    }

    @Test
    public void the_largest_notice_fits_into_a_batch_and_keeps_what_is_read() {
        String worst = "\u0001".repeat(20_000);
        Notice.Builder builder = Notice.builder("p", AT).key(worst).tag(worst).channelId("c").category(worst).group(worst)
                .title(worst).titleBig(worst).text(worst).bigText(worst).subText(worst).infoText(worst)
                .summaryText(worst).ticker(worst).hidden(HiddenText.REDACTED);
        for (int n = 0; n < 200; n++) {
            builder.line(worst).message(worst, AT, worst);
        }
        assertTrue(builder.build().json().getBytes(StandardCharsets.UTF_8).length < 300 * 1024);
        JsonObject json = json(builder);
        for (String field : new String[] {"title", "text", "big_text", "ticker"}) {
            assertEquals(field, NoticeJson.FIELD_CHARS_MAX, json.getString(field).length());
        }
        assertEquals("c", json.getString("channel_id"));
        assertEquals("redacted", json.getString("hidden"));
        assertEquals(true, json.get("truncated"));
    }

    @Test
    public void of_too_many_lines_the_last_are_kept() {
        Notice.Builder builder = Notice.builder("p", AT);
        for (int n = 0; n < 60; n++) {
            builder.line("line " + n);
        }
        JsonObject json = json(builder);
        assertEquals(50, json.getArray("text_lines").size());
        assertEquals("line 59", json.getArray("text_lines").getString(49));
        assertEquals(true, json.get("truncated"));
    }

    @Test
    public void two_notices_that_differ_behind_the_cut_are_two() {
        String head = "a".repeat(6000);
        assertNotEquals(Notice.builder("p", AT).text(head + "1").build().id(),
                Notice.builder("p", AT).text(head + "2").build().id());
    }

    @Test
    public void a_clock_in_any_year_gives_a_time_that_the_server_can_read() {
        for (long at : new long[] {0, -1, Long.MIN_VALUE, Long.MAX_VALUE, 253_402_300_800_000L}) {
            String postedAt = json(Notice.builder("p", at)).getString("posted_at");
            assertTrue(postedAt, postedAt.matches("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{3}Z"));
        }
    }

    @Test
    public void whatever_is_said_arrives_as_it_was_said() {
        Random random = new Random(20_261_120);
        String alphabet = "\"\\/\b\f\n\r\t\u0000\u001f\u007f\u0085\u2028\u2029\ufeff\uffff a1元￥🍵‮[]{}:,<&";
        int[] points = alphabet.codePoints().toArray();
        for (int round = 0; round < 500; round++) {
            StringBuilder text = new StringBuilder();
            for (int n = random.nextInt(30); n > 0; n--) {
                text.appendCodePoint(points[random.nextInt(points.length)]);
            }
            JsonObject json = json(Notice.builder("p", AT).title(text).text(text).line(text));
            assertEquals(text.toString(), json.getString("title"));
            assertEquals(text.toString(), json.getString("text"));
            assertEquals(Collections.singletonList(text.toString()), json.getArray("text_lines"));
        }
    }
}
