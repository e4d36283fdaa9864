package app.matcha.bridge.ui;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import android.app.Activity;
import android.widget.ListView;
import app.matcha.bridge.R;
import app.matcha.bridge.core.Outbox.Fate;
import java.util.Arrays;
import java.util.List;
import org.junit.Rule;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.annotation.Config;

@RunWith(RobolectricTestRunner.class)
@Config(qualifiers = "w360dp-h2000dp")
public final class NoticesActivityTest {
    @Rule
    public final Stage stage = new Stage();
    private final FakePanel panel = stage.panel.well();

    @Test
    public void each_notice_shows_app_time_words_and_fate() {
        panel.row(Apps.WECHAT, "微信支付", "微信支付收款0.98元(朋友到店)", Fate.WAITING, null, 1_000);
        panel.row(Apps.ALIPAY, "你已成功收款1.00元", "立即查看余额>>", Fate.STORED, null, 60_000);
        panel.row("com.example.bank", "Bank", "Text", Fate.PARKED, "invalid", 24 * 3_600_000);
        panel.row(Apps.WECHAT, "微信支付", "old", Fate.DROPPED, null, 48 * 3_600_000);
        String words = Screens.words(Screens.open(NoticesActivity.class));
        assertTrue(words, words.contains("WeChat · 21:44:59\nWaiting\n微信支付\n微信支付收款0.98元(朋友到店)\n"));
        assertTrue(words, words.contains("Alipay · 21:44:00\nStored\n你已成功收款1.00元\n立即查看余额>>\n"
                + "stored 21:44:00\n"));
        assertTrue(words, words.contains("com.example.bank · Nov 26, 2026 21:45:00\nNot taken\nBank\nText\n"
                + "Refused by the server: invalid"));
        assertTrue(words, words.contains("Dropped\n微信支付\nold\nThe outbox was full"));
    }

    @Test
    public void a_notice_without_words_says_so() {
        panel.row(Apps.WECHAT, "", null, Fate.STORED, null, 1_000);
        assertTrue(Screens.shows(Screens.open(NoticesActivity.class), R.string.notice_no_text));
    }

    @Test
    public void fifty_are_shown_and_new_ones_come_by_themselves() {
        NoticesActivity screen = Screens.open(NoticesActivity.class);
        assertTrue(Screens.shows(screen, R.string.notices_none));
        assertTrue(panel.asked.contains("recent 50"));
        panel.row(Apps.WECHAT, "微信支付", "new", Fate.WAITING, null, 0);
        panel.changed();
        assertFalse(Screens.shows(screen, R.string.notices_none));
        assertEquals(1, screen.<ListView>findViewById(R.id.list).getAdapter().getCount());
    }

    @Test
    public void no_other_screen_shows_or_asks_what_a_notice_says() {
        panel.row("com.example.secret", "geheimer Titel", "geheimer Text", Fate.PARKED, "invalid", 1_000);
        panel.status.parked = 1;
        panel.status.waiting = 1;
        List<Class<? extends Activity>> others = Arrays.asList(HomeActivity.class, PairActivity.class,
                StepsActivity.class, AppsActivity.class, SelfTestActivity.class, DiagnosticsActivity.class,
                ScanActivity.class);
        for (Class<? extends Activity> other : others) {
            assertFalse(other.getSimpleName(), Screens.words(Screens.open(other)).contains("geheim"));
            assertFalse(other.getSimpleName(), panel.asked.contains("recent 50"));
        }
    }
}
