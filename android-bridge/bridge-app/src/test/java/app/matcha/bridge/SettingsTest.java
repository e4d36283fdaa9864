package app.matcha.bridge;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertTrue;

import android.content.Context;
import java.util.Arrays;
import java.util.Collections;
import java.util.TreeSet;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;

@RunWith(RobolectricTestRunner.class)
public final class SettingsTest {
    private final Context context = RuntimeEnvironment.getApplication();

    @Test
    public void the_wallets_are_watched_until_the_owner_says_otherwise() {
        Settings settings = new Settings(context);
        assertEquals(Settings.WALLETS, settings.watched());
        settings.watch(new TreeSet<>(Arrays.asList("b", "a")));
        settings.watch(Collections.singleton("a"));
        assertEquals(Collections.singleton("a"), new Settings(context).watched());
        assertTrue(settings.isWatched("a"));
        assertFalse(settings.isWatched("com.tencent.mm"));
        settings.watch(Collections.emptySet());
        assertTrue("nobody at all is a choice", new Settings(context).watched().isEmpty());
    }

    @Test
    public void the_state_outlives_the_process_and_forgets_on_demand() {
        PrefsState state = new PrefsState(context);
        assertEquals(7, state.getLong("n", 7));
        state.putLong("n", Long.MIN_VALUE);
        state.putString("s", "字");
        PrefsState again = new PrefsState(context);
        assertEquals(Long.MIN_VALUE, again.getLong("n", 7));
        assertEquals("字", again.getString("s", null));
        again.putString("s", null);
        assertNull(state.getString("s", null));
    }
}
