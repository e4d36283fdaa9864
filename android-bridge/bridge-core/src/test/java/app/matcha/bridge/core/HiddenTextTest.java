package app.matcha.bridge.core;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNull;

import org.junit.Test;

public final class HiddenTextTest {
    private static final String LABEL = "微信";

    private final HiddenText hidden = new HiddenText("Contenido sensible oculto");

    private static Notice.Builder notice(String title, String text) {
        return Notice.builder("com.tencent.mm", TestClock.START).title(title).text(text);
    }

    private String kind(String title, String text) {
        return hidden.kindOf(notice(title, text), LABEL);
    }

    @Test
    public void what_the_system_or_a_maker_puts_in_place_of_words_is_redacted() {
        String[] texts = {
            "Sensitive notification content hidden",
            "sensitive content hidden",
            "Content hidden",
            "Contents hidden",
            "Notification content hidden by the system",
            "System has hidden the notification content because it contains private information",
            "已隐藏敏感通知内容",
            "已隱藏敏感通知內容",
            "敏感通知内容已隐藏",
            "[敏感通知内容已隐藏]",
            "通知内容已隐藏",
            "系统已隐藏通知内容",
            "系统已隐藏含有隐私信息的通知内容",
            "系統已隱藏含有私密資訊的通知內容",
            "为保护隐私，已隐藏通知内容",
            "内容已隐藏",
            "敏感内容已被系统隐藏。",
            // What this phone's own system says, in any language.
            "Contenido sensible oculto",
            " Contenido sensible oculto ",
        };
        for (String text : texts) {
            assertEquals(text, HiddenText.REDACTED, kind(LABEL, text));
            assertEquals("under any title", HiddenText.REDACTED, kind("张三", text));
        }
    }

    @Test
    public void a_conversation_whose_every_message_is_redacted_is_redacted() {
        Notice.Builder all = notice(LABEL, null).message("已隐藏敏感通知内容", 1, "").message("Contenido sensible oculto", 2, "");
        assertEquals(HiddenText.REDACTED, hidden.kindOf(all, LABEL));
        all.message("微信支付收款1.00元(朋友到店)", 3, "微信支付");
        assertNull(hidden.kindOf(all, LABEL));
    }

    @Test
    public void a_mere_new_message_under_the_apps_own_name_has_its_details_off() {
        String[] texts = {
            "你收到了一条消息", "你收到一条新消息", "你有一条新消息", "您有一条新消息", "收到一条消息", "收到1条新消息", "您有3条新消息",
            "3个联系人发来12条消息", "2个联系人发来5个消息", "1 new message", "12 new messages", "New message", "You have a new message",
            "You received a message", "You've received 2 new messages", "new notification", "您收到一条新通知", "您有2則新訊息",
        };
        for (String text : texts) {
            assertEquals(text, HiddenText.DETAILS_OFF, kind(LABEL, text));
            assertEquals(text, HiddenText.DETAILS_OFF, kind("", text));
            assertEquals(text, HiddenText.DETAILS_OFF, hidden.kindOf(notice("WeChat", text), null));
            assertNull("a friend may write this: " + text, kind("张三", text));
        }
    }

    @Test
    public void no_words_at_all_are_empty() {
        for (String nothing : new String[] {null, "", " \n"}) {
            assertEquals(HiddenText.EMPTY, kind(LABEL, nothing));
            assertEquals(HiddenText.EMPTY, kind(nothing, nothing));
        }
    }

    @Test
    public void no_words_are_nothing_odd_where_the_title_says_it_all_or_none_are_expected() {
        assertNull(kind("你已成功收款0.05元", ""));
        assertNull(hidden.kindOf(notice(LABEL, null).groupSummary(true), LABEL));
        assertNull(hidden.kindOf(notice(LABEL, null).ongoing(true), LABEL));
        assertNull(hidden.kindOf(notice(LABEL, null).line("已支付¥4.67"), LABEL));
        assertNull(hidden.kindOf(notice(LABEL, null).bigText("已支付¥4.67"), LABEL));
    }

    @Test
    public void texts_that_say_something_are_not_hidden() {
        String[] texts = {
            "微信支付收款0.98元(朋友到店)", "[3条]微信支付: 微信支付收款1.00元", "个人收款码到账¥10.00", "你有一条新消息: 收款1.00元",
            "通知内容已隐藏在抽屉里", "张三: 已隐藏敏感通知内容是什么意思", "1 new message from Anna", "message", "收款",
            "System update", "已隐藏敏感通知内容" + " ".repeat(10) + "x",
        };
        for (String text : texts) {
            assertNull(text, kind(LABEL, text));
        }
    }

    @Test
    public void a_placeholder_beside_real_words_hides_nothing() {
        assertNull(hidden.kindOf(notice(LABEL, "1 new message").bigText("微信支付收款0.98元"), LABEL));
        assertNull(hidden.kindOf(notice(LABEL, "已隐藏敏感通知内容").line("微信支付收款0.98元"), LABEL));
    }

    @Test
    public void a_phone_without_a_text_of_its_own_knows_the_common_ones() {
        for (String none : new String[] {null, "", " "}) {
            HiddenText common = new HiddenText(none);
            assertEquals(HiddenText.REDACTED, common.kindOf(notice(LABEL, "已隐藏敏感通知内容"), LABEL));
            assertEquals(HiddenText.EMPTY, common.kindOf(notice(LABEL, none), LABEL));
        }
    }
}
