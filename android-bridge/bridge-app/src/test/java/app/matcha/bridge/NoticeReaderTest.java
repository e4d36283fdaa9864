package app.matcha.bridge;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNotEquals;
import static org.junit.Assert.assertTrue;

import android.app.Notification;
import android.app.Person;
import android.content.Context;
import android.os.Bundle;
import android.text.SpannableString;
import android.text.style.StyleSpan;
import app.matcha.bridge.core.Notice;
import app.matcha.bridge.core.TestClock;
import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import java.util.Collections;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;

@RunWith(RobolectricTestRunner.class)
public final class NoticeReaderTest {
    private final Context context = RuntimeEnvironment.getApplication();

    private static JsonObject read(Notification notification) throws Exception {
        Notice notice = NoticeReader.read(Posted.of(Posted.WECHAT, notification, 0), false).build();
        return JsonParser.object().from(notice.json());
    }

    @Test
    public void every_field_of_a_receipt_is_taken_verbatim() throws Exception {
        Notification notification = new Notification.Builder(context, "message_channel_new_id")
                .setContentTitle("微信支付").setContentText("微信支付收款0.98元(朋友到店)").setSubText("sub")
                .setTicker("微信支付: 微信支付收款0.98元(朋友到店)").setCategory(Notification.CATEGORY_MESSAGE)
                .setGroup("g").setGroupSummary(true).setOngoing(true).setWhen(TestClock.START + 5)
                .setStyle(new Notification.BigTextStyle().setBigContentTitle("big title").bigText("big text")
                        .setSummaryText("summary")).build();
        notification.extras.putCharSequence(Notification.EXTRA_INFO_TEXT, "info");
        JsonObject json = JsonParser.object().from(NoticeReader.read(
                Posted.of(Posted.WECHAT, Posted.WECHAT_PAY, "tag", notification, 1), true).build().json());
        assertEquals("com.tencent.mm", json.getString("package"));
        assertEquals("微信支付", json.getString("title"));
        assertEquals("微信支付收款0.98元(朋友到店)", json.getString("text"));
        assertEquals("微信支付: 微信支付收款0.98元(朋友到店)", json.getString("ticker"));
        assertEquals("big title", json.getString("title_big"));
        assertEquals("big text", json.getString("big_text"));
        assertEquals("summary", json.getString("summary_text"));
        assertEquals("sub", json.getString("sub_text"));
        assertEquals("info", json.getString("info_text"));
        assertEquals(Posted.WECHAT_PAY, json.getInt("notification_id"));
        assertEquals("0|com.tencent.mm|-656511598|tag|10123", json.getString("key"));
        assertEquals("tag", json.getString("tag"));
        assertEquals("message_channel_new_id", json.getString("channel_id"));
        assertEquals("msg", json.getString("category"));
        assertEquals("g", json.getString("group"));
        assertEquals(0, json.getInt("user", -1));
        assertEquals("2026-11-20T04:00:01.000Z", json.getString("posted_at"));
        assertEquals("2026-11-20T04:00:00.005Z", json.getString("when"));
        assertTrue(json.getBoolean("ongoing") && json.getBoolean("group_summary") && json.getBoolean("recovered"));
    }

    @Test
    public void text_with_bold_parts_is_text() throws Exception {
        SpannableString bold = new SpannableString("收款1.00元");
        bold.setSpan(new StyleSpan(1), 2, 6, 0);
        assertEquals("收款1.00元", read(Posted.notification(context, bold, bold)).getString("title"));
    }

    @Test
    public void lines_and_messages_are_taken_in_their_order() throws Exception {
        JsonObject inbox = read(new Notification.Builder(context, "c").setStyle(
                new Notification.InboxStyle().addLine("一").addLine("二")).build());
        assertEquals("[一, 二]", inbox.getArray("text_lines").toString());
        Notification.MessagingStyle talk = new Notification.MessagingStyle(new Person.Builder().setName("me").build())
                .addMessage("hello", TestClock.START, new Person.Builder().setName("张三").build());
        JsonObject message = read(new Notification.Builder(context, "c").setStyle(talk).build()).getArray("messages").getObject(0);
        assertEquals("hello", message.getString("text"));
        assertEquals("张三", message.getString("sender"));
        assertEquals("2026-11-20T04:00:00.000Z", message.getString("at"));
    }

    @Test
    public void a_notification_with_nothing_in_it_is_a_notice() throws Exception {
        Notification empty = Posted.with(null);
        empty.tickerText = null;
        JsonObject json = read(empty);
        assertFalse(json.has("title") || json.has("text") || json.has("ticker") || json.has("text_lines"));
        assertEquals("com.tencent.mm", json.getString("package"));
    }

    @Test
    public void wrong_types_are_as_if_they_were_not_there() throws Exception {
        Bundle extras = new Bundle();
        extras.putInt(Notification.EXTRA_TITLE, 7);
        extras.putStringArray(Notification.EXTRA_TEXT_LINES, null);
        extras.putString(Notification.EXTRA_MESSAGES, "no messages");
        extras.putCharSequenceArray(Notification.EXTRA_TEXT_LINES, new CharSequence[] {"a", null, new Hostile()});
        extras.putCharSequence(Notification.EXTRA_SUB_TEXT, new Hostile());
        extras.putCharSequence(Notification.EXTRA_TEXT, "still here");
        JsonObject json = read(Posted.with(extras));
        assertEquals("still here", json.getString("text"));
        assertEquals("[a]", json.getArray("text_lines").toString());
        assertFalse(json.has("title") || json.has("sub_text") || json.has("messages"));
    }

    @Test
    public void a_text_without_end_is_cut_and_says_so() throws Exception {
        // Past the builder, which cuts it.
        Bundle extras = new Bundle();
        extras.putCharSequence(Notification.EXTRA_TEXT, String.join("", Collections.nCopies(400_000, "茶")));
        JsonObject json = read(Posted.with(extras));
        assertTrue(json.getBoolean("truncated"));
        assertTrue(json.getString("text").length() < 10_000);
    }

    @Test
    public void an_update_is_another_notice_and_a_second_reading_is_not() {
        Notification first = Posted.notification(context, "微信支付", "微信支付收款0.98元(朋友到店)");
        String id = NoticeReader.read(Posted.of(Posted.WECHAT, first, 0), false).build().id();
        assertEquals(id, NoticeReader.read(Posted.of(Posted.WECHAT, first, 0), true).build().id());
        assertNotEquals(id, NoticeReader.read(Posted.of(Posted.WECHAT, first, 1), false).build().id());
        Notification other = Posted.notification(context, "微信支付", "微信支付收款0.97元(朋友到店)");
        assertNotEquals(id, NoticeReader.read(Posted.of(Posted.WECHAT, other, 0), false).build().id());
    }

    /** Text of an app that does not want to be read. */
    private static final class Hostile implements CharSequence {
        @Override
        public int length() {
            throw new IllegalStateException();
        }

        @Override
        public char charAt(int index) {
            throw new IllegalStateException();
        }

        @Override
        public CharSequence subSequence(int start, int end) {
            throw new IllegalStateException();
        }

        @Override
        public String toString() {
            throw new IllegalStateException();
        }
    }
}
