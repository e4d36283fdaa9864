package app.matcha.bridge.ui;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import app.matcha.bridge.R;
import app.matcha.bridge.SelfTest.State;
import org.junit.Rule;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.annotation.Config;

@RunWith(RobolectricTestRunner.class)
@Config(qualifiers = "w360dp-h780dp")
public final class SelfTestActivityTest {
    @Rule
    public final Stage stage = new Stage();
    private final FakePanel panel = stage.panel.well();

    @Test
    public void it_starts_at_a_tap_and_not_before() {
        SelfTestActivity screen = Screens.open(SelfTestActivity.class);
        assertTrue(panel.asked.isEmpty());
        Screens.tap(screen, R.string.test_start);
        assertEquals("test", panel.asked.get(0));
        Screens.tap(screen, R.string.test_stop);
        assertEquals("stop test", panel.asked.get(1));
    }

    @Test
    public void each_stage_shows_its_time_when_it_is_reached() {
        SelfTestActivity screen = Screens.open(SelfTestActivity.class);
        panel.test.state = State.HEARD;
        panel.test.posted = 40;
        panel.test.heard = 260;
        panel.changed();
        String words = Screens.words(screen);
        assertTrue(words, words.contains("0.0 s") && words.contains("0.3 s"));
        assertFalse(Screens.isSeen(screen, R.id.state));
        panel.test.state = State.STORED;
        panel.test.stored = 1_250;
        panel.changed();
        assertTrue(Screens.words(screen).contains("1.3 s"));
        assertEquals(screen.getString(R.string.test_passed), Screens.state(screen));
        assertFalse(Screens.isSeen(screen, R.id.state_do));
        Screens.tap(screen, R.string.test_again);
        assertEquals("test", panel.asked.get(0));
    }

    @Test
    public void where_it_stays_is_told_with_what_to_do() {
        State[] where = {State.POSTED, State.HEARD, State.STORED};
        int[] told = {R.string.test_fail_post, R.string.test_fail_hear, R.string.test_fail_store};
        int[] texts = {R.string.test_fail_post_text, R.string.test_fail_hear_text, R.string.test_fail_store_text};
        int[] buttons = {R.string.test_fail_do_steps, R.string.test_fail_do_steps, R.string.test_fail_do_home};
        String[] screens = {"StepsActivity", "StepsActivity", "HomeActivity"};
        for (int i = 0; i < where.length; i++) {
            panel.test.state = State.FAILED;
            panel.test.failedAt = where[i];
            SelfTestActivity screen = Screens.open(SelfTestActivity.class);
            assertEquals(screen.getString(told[i]), Screens.state(screen));
            assertTrue(Screens.shows(screen, texts[i]));
            Screens.tap(screen, buttons[i]);
            assertEquals(screens[i], Screens.opened(screen));
        }
    }
}
