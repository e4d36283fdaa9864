package app.matcha.bridge.ui;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import android.Manifest;
import android.content.ClipboardManager;
import android.content.Intent;
import android.content.pm.ApplicationInfo;
import android.content.pm.PackageInfo;
import android.provider.Settings;
import app.matcha.bridge.R;
import app.matcha.bridge.Step;
import java.util.Collections;
import org.junit.Before;
import org.junit.Rule;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;
import org.robolectric.Shadows;
import org.robolectric.annotation.Config;
import org.robolectric.shadows.ShadowActivity;
import org.robolectric.shadows.ShadowBuild;
import org.robolectric.shadows.ShadowToast;

@RunWith(RobolectricTestRunner.class)
public final class StepsActivityTest {
    @Rule
    public final Stage stage = new Stage();
    private final FakePanel panel = stage.panel;

    @Before
    public void beWell() {
        panel.well();
    }

    @Test
    public void the_first_open_step_stands_open_and_its_button_leads_to_it() {
        panel.step(Step.BATTERY, Step.Done.NO, false);
        StepsActivity steps = Screens.open(StepsActivity.class);
        assertTrue(Screens.shows(steps, R.string.step_battery_text));
        assertFalse(Screens.shows(steps, R.string.step_access_text));
        Screens.tap(steps, R.string.step_go);
        assertEquals(panel.step(Step.BATTERY).toOpen.getAction(), Screens.started(steps).getAction());
    }

    @Test
    public void a_step_that_was_done_folds_and_the_next_one_opens() {
        panel.step(Step.ACCESS, Step.Done.NO, false);
        panel.step(Step.BATTERY, Step.Done.NO, false);
        StepsActivity steps = Screens.open(StepsActivity.class);
        assertTrue(Screens.shows(steps, R.string.step_access_text));
        panel.step(Step.ACCESS, Step.Done.YES, false);
        panel.changed();
        assertFalse(Screens.shows(steps, R.string.step_access_text));
        assertTrue(Screens.shows(steps, R.string.step_battery_text));
    }

    @Test
    public void a_tap_opens_a_step_and_another_closes_it() {
        StepsActivity steps = Screens.open(StepsActivity.class);
        Screens.tap(steps, R.string.step_access);
        assertTrue(Screens.shows(steps, R.string.step_access_text));
        Screens.tap(steps, R.string.step_access);
        assertFalse(Screens.shows(steps, R.string.step_access_text));
    }

    @Test
    @Config(sdk = 34)
    public void from_android_13_on_refused_access_comes_with_its_remedy() {
        panel.step(Step.ACCESS, Step.Done.NO, false);
        StepsActivity steps = Screens.open(StepsActivity.class);
        assertTrue(Screens.shows(steps, R.string.step_access_restricted));
        Screens.tap(steps, R.string.step_access_page);
        assertEquals(Settings.ACTION_APPLICATION_DETAILS_SETTINGS, Screens.started(steps).getAction());
        Screens.tap(steps, R.string.copy_command);
        assertEquals("adb shell appops set app.matcha.bridge ACCESS_RESTRICTED_SETTINGS allow", copied(steps));
    }

    @Test
    public void once_access_is_given_nobody_is_told_of_restricted_settings() {
        StepsActivity steps = Screens.open(StepsActivity.class);
        Screens.tap(steps, R.string.step_access);
        assertFalse(Screens.shows(steps, R.string.step_access_restricted));
    }

    @Test
    public void the_right_to_notify_is_asked_for_and_after_a_no_the_settings_open() {
        panel.step(Step.NOTIFICATIONS, Step.Done.NO, false);
        StepsActivity steps = Screens.open(StepsActivity.class);
        Screens.tap(steps, R.string.step_go);
        ShadowActivity.PermissionsRequest request = Shadows.shadowOf(steps).getLastRequestedPermission();
        assertEquals(Manifest.permission.POST_NOTIFICATIONS, request.requestedPermissions[0]);
        assertEquals("android.content.pm.action.REQUEST_PERMISSIONS", Screens.started(steps).getAction());
        steps.onRequestPermissionsResult(request.requestCode, request.requestedPermissions, new int[] {-1});
        Screens.tap(steps, R.string.step_go);
        assertEquals(panel.step(Step.NOTIFICATIONS).toOpen.getAction(), Screens.started(steps).getAction());
    }

    @Test
    public void the_makers_rules_are_told_in_the_makers_words_and_ticked_by_hand() {
        ShadowBuild.setManufacturer("Xiaomi");
        StepsActivity steps = Screens.open(StepsActivity.class, at(StepList.VENDOR));
        assertTrue(Screens.shows(steps, R.string.vendor_xiaomi));
        Screens.tap(steps, R.string.step_mark);
        assertTrue(Screens.shows(steps, R.string.step_by_hand));
        assertFalse(Screens.shows(steps, R.string.vendor_xiaomi));
        Screens.tap(steps, R.string.step_vendor);
        Screens.tap(steps, R.string.step_unmark);
        assertFalse(Screens.shows(steps, R.string.step_by_hand));
    }

    @Test
    public void settings_that_this_maker_left_out_are_told_and_do_not_crash() {
        Shadows.shadowOf(RuntimeEnvironment.getApplication()).checkActivities(true);
        StepsActivity steps = Screens.open(StepsActivity.class, at(StepList.VENDOR));
        Screens.tap(steps, R.string.step_go);
        assertEquals(steps.getString(R.string.cannot_open), ShadowToast.getTextOfLatestToast());
    }

    @Test
    public void only_wallets_that_are_watched_and_there_have_steps() {
        assertFalse(Screens.shows(Screens.open(StepsActivity.class), R.string.step_wechat_text));
        install(Apps.WECHAT);
        StepsActivity steps = Screens.open(StepsActivity.class, at(StepList.WECHAT));
        assertTrue(Screens.shows(steps, R.string.step_wechat_text));
        Screens.tap(steps, R.string.step_wallet_go);
        Intent opened = Screens.started(steps);
        assertEquals(Settings.ACTION_APP_NOTIFICATION_SETTINGS, opened.getAction());
        assertEquals(Apps.WECHAT, opened.getStringExtra(Settings.EXTRA_APP_PACKAGE));
        panel.watched = Collections.singleton(Apps.ALIPAY);
        panel.changed();
        assertFalse(Screens.shows(steps, R.string.step_wechat_text));
    }

    @Test
    @Config(qualifiers = "w320dp-h480dp")
    public void the_step_that_was_asked_for_is_brought_into_view() {
        panel.status.hidden = 1;
        StepsActivity steps = Screens.open(StepsActivity.class, at(StepList.HIDING));
        assertTrue(steps.findViewById(R.id.scroll).getScrollY() > 0);
        assertEquals(0, Screens.open(StepsActivity.class).findViewById(R.id.scroll).getScrollY());
    }

    @Test
    public void without_a_watched_app_that_is_a_step() {
        panel.watched = Collections.emptySet();
        StepsActivity steps = Screens.open(StepsActivity.class);
        assertEquals(1, StepList.open(steps, panel));
        Screens.tap(steps, R.string.step_apps_go);
        assertEquals("AppsActivity", Screens.opened(steps));
    }

    @Test
    public void hiding_is_spoken_of_where_it_happens() {
        assertFalse(Screens.shows(Screens.open(StepsActivity.class), R.string.step_hiding));
        panel.status.hidden = 1;
        StepsActivity steps = Screens.open(StepsActivity.class, at(StepList.HIDING));
        assertTrue(Screens.shows(steps, R.string.step_hiding_text));
        Screens.tap(steps, R.string.copy_command);
        assertEquals("adb shell appops set app.matcha.bridge RECEIVE_SENSITIVE_NOTIFICATIONS allow", copied(steps));
    }

    private static Intent at(String step) {
        return StepsActivity.at(RuntimeEnvironment.getApplication(), step);
    }

    private static String copied(StepsActivity steps) {
        return steps.getSystemService(ClipboardManager.class).getPrimaryClip().getItemAt(0).getText().toString();
    }

    static void install(String packageName) {
        PackageInfo installed = new PackageInfo();
        installed.packageName = packageName;
        installed.applicationInfo = new ApplicationInfo();
        installed.applicationInfo.packageName = packageName;
        installed.applicationInfo.nonLocalizedLabel = packageName.equals(Apps.WECHAT) ? "WeChat" : packageName;
        Shadows.shadowOf(RuntimeEnvironment.getApplication().getPackageManager()).installPackage(installed);
    }
}
