package app.matcha.bridge.ui;

import static org.junit.Assert.assertEquals;

import android.content.res.Resources;
import org.junit.Rule;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;
import org.robolectric.annotation.Config;

@RunWith(RobolectricTestRunner.class)
public final class MomentsTest {
    private static final long NOW = FakePanel.NOW;

    @Rule
    public final Stage stage = new Stage();

    @Test
    @Config(qualifiers = "en-rUS")
    public void moments_are_told_in_english() {
        Moments moments = moments();
        assertEquals("not yet", moments.ago(0));
        assertEquals("just now", moments.ago(NOW - 4_999));
        assertEquals("just now", moments.ago(NOW + 60_000));
        assertEquals("5 s ago", moments.ago(NOW - 5_000));
        assertEquals("59 min ago", moments.ago(NOW - 3_599_999));
        assertEquals("47 h ago", moments.ago(NOW - 48 * 3_600_000L + 1));
        assertEquals("2 d ago", moments.ago(NOW - 48 * 3_600_000L));
        assertEquals("in 1 s", moments.ahead(NOW + 1));
        assertEquals("in 15 min", moments.ahead(NOW + 900_000));
        assertEquals("21:45:00", moments.exactly(NOW));
        assertEquals("00:00:00", moments.exactly(NOW - 21 * 3_600_000L - 45 * 60_000L));
        assertEquals("Nov 26, 2026 23:59:59", moments.exactly(NOW - 21 * 3_600_000L - 45 * 60_000L - 1));
    }

    @Test
    @Config(qualifiers = "zh-rCN")
    public void moments_are_told_in_chinese() {
        Moments moments = moments();
        assertEquals("5 秒前", moments.ago(NOW - 5_000));
        assertEquals("15 分钟后", moments.ahead(NOW + 900_000));
        assertEquals("2026年11月26日 21:45:00", moments.exactly(NOW - 86_400_000L));
    }

    private static Moments moments() {
        Resources words = RuntimeEnvironment.getApplication().getResources();
        return new Moments(words, NOW);
    }
}
