package app.matcha.bridge.ui;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import android.content.ComponentName;
import android.content.Intent;
import android.content.IntentFilter;
import android.content.pm.PackageManager;
import android.view.View;
import android.view.accessibility.AccessibilityNodeInfo;
import android.widget.CheckBox;
import android.widget.ListView;
import app.matcha.bridge.R;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.Before;
import org.junit.Rule;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;
import org.robolectric.Shadows;
import org.robolectric.shadows.ShadowPackageManager;

@RunWith(RobolectricTestRunner.class)
public final class AppsActivityTest {
    @Rule
    public final Stage stage = new Stage();
    private final FakePanel panel = stage.panel.well();

    @Before
    public void installApps() throws Exception {
        launcher("com.example.b");
        launcher("com.example.a");
        launcher(RuntimeEnvironment.getApplication().getPackageName());
    }

    @Test
    public void wallets_come_first_then_what_is_watched_then_the_others_by_name() {
        panel.watched = Collections.singleton("com.gone.bank");
        List<String> choices = Apps.choices(RuntimeEnvironment.getApplication(), panel.watched());
        assertEquals(Arrays.asList(Apps.WECHAT, Apps.ALIPAY, Apps.WECOM, "com.gone.bank", "com.example.a",
                "com.example.b"), choices);
    }

    @Test
    public void a_tap_watches_and_another_does_not() {
        AppsActivity screen = Screens.open(AppsActivity.class);
        ListView list = screen.findViewById(R.id.list);
        assertEquals("com.example.a", list.getAdapter().getItem(3));
        list.performItemClick(list.getChildAt(3), 3, 3);
        assertTrue(panel.watched.contains("com.example.a"));
        assertTrue(panel.watched.contains(Apps.WECHAT));
        list.performItemClick(list.getChildAt(0), 0, 0);
        assertFalse(panel.watched.contains(Apps.WECHAT));
    }

    @Test
    public void ticks_can_be_seen_and_heard() {
        AppsActivity screen = Screens.open(AppsActivity.class);
        ListView list = screen.findViewById(R.id.list);
        boolean[] watched = {true, true, false};
        for (int i = 0; i < watched.length; i++) {
            View line = list.getAdapter().getView(i, null, list);
            assertEquals(watched[i], line.<CheckBox>findViewById(R.id.choice_box).isChecked());
            AccessibilityNodeInfo told = line.createAccessibilityNodeInfo();
            assertTrue(told.isCheckable());
            assertEquals(watched[i], told.isChecked());
        }
    }

    @Test
    public void wallets_that_are_not_here_are_said_not_to_be() {
        assertTrue(Screens.words(Screens.open(AppsActivity.class)).contains("WeChat\nNot installed"));
    }

    private static void launcher(String packageName) throws PackageManager.NameNotFoundException {
        ShadowPackageManager packages = Shadows.shadowOf(RuntimeEnvironment.getApplication().getPackageManager());
        ComponentName main = new ComponentName(packageName, packageName + ".Main");
        packages.addActivityIfNotPresent(main);
        IntentFilter filter = new IntentFilter(Intent.ACTION_MAIN);
        filter.addCategory(Intent.CATEGORY_LAUNCHER);
        packages.addIntentFilterForActivity(main, filter);
    }
}
