package app.matcha.bridge;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertTrue;
import static org.robolectric.Shadows.shadowOf;

import android.app.NotificationManager;
import android.content.ComponentName;
import android.content.Intent;
import android.content.IntentFilter;
import android.content.pm.ActivityInfo;
import android.content.pm.PackageManager;
import android.os.Build;
import android.os.PowerManager;
import android.provider.Settings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.After;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;
import org.robolectric.util.ReflectionHelpers;

@RunWith(RobolectricTestRunner.class)
public final class StepsTest {
    private final TestApp app = (TestApp) RuntimeEnvironment.getApplication();

    private Step step(String id) {
        return app.bridge().steps().step(id);
    }

    private void install(String screen, boolean exported, String permission) {
        ComponentName name = ComponentName.unflattenFromString(screen);
        ActivityInfo info = new ActivityInfo();
        info.packageName = name.getPackageName();
        info.name = name.getClassName();
        info.exported = exported;
        info.permission = permission;
        shadowOf(app.getPackageManager()).addOrUpdateActivity(info);
    }

    @Test
    public void each_is_ticked_when_it_is_done() {
        assertEquals(Step.Done.NO, step(Step.ACCESS).done);
        shadowOf(app.getSystemService(NotificationManager.class)).setNotificationListenerAccessGranted(Phone.listener(app), true);
        assertEquals(Step.Done.YES, step(Step.ACCESS).done);

        Shown.bar(app).setNotificationsEnabled(false);
        assertEquals(Step.Done.NO, step(Step.NOTIFICATIONS).done);
        Shown.bar(app).setNotificationsEnabled(true);
        assertEquals(Step.Done.YES, step(Step.NOTIFICATIONS).done);

        assertEquals(Step.Done.NO, step(Step.BATTERY).done);
        assertEquals(Settings.ACTION_REQUEST_IGNORE_BATTERY_OPTIMIZATIONS, step(Step.BATTERY).toOpen.getAction());
        shadowOf(app.getSystemService(PowerManager.class)).setIgnoringBatteryOptimizations(app.getPackageName(), true);
        assertEquals(Step.Done.YES, step(Step.BATTERY).done);
        assertEquals(Settings.ACTION_IGNORE_BATTERY_OPTIMIZATION_SETTINGS, step(Step.BATTERY).toOpen.getAction());

        assertEquals(Step.Done.UNKNOWN, step(Step.AUTOSTART).done);
        assertNull(step("of another version"));
    }

    @Test
    public void access_opens_our_own_switch_where_the_system_has_a_page_for_it() {
        assertEquals(Settings.ACTION_NOTIFICATION_LISTENER_SETTINGS, step(Step.ACCESS).toOpen.getAction());
        install("com.android.settings/.Details", true, null);
        shadowOf(app.getPackageManager()).addIntentFilterForActivity(
                ComponentName.unflattenFromString("com.android.settings/.Details"), details());
        Intent opens = step(Step.ACCESS).toOpen;
        assertEquals(Settings.ACTION_NOTIFICATION_LISTENER_DETAIL_SETTINGS, opens.getAction());
        assertEquals("app.matcha.bridge/app.matcha.bridge.ReceiptListener",
                opens.getStringExtra(Settings.EXTRA_NOTIFICATION_LISTENER_COMPONENT_NAME));
    }

    private static IntentFilter details() {
        IntentFilter filter = new IntentFilter(Settings.ACTION_NOTIFICATION_LISTENER_DETAIL_SETTINGS);
        filter.addCategory(Intent.CATEGORY_DEFAULT);
        return filter;
    }

    @Test
    public void android_8_is_asked_in_its_own_way() {
        ReflectionHelpers.setStaticField(Build.VERSION.class, "SDK_INT", 26);
        assertEquals(Step.Done.NO, step(Step.ACCESS).done);
        Settings.Secure.putString(app.getContentResolver(), "enabled_notification_listeners",
                "other/.Listener:" + Phone.listener(app).flattenToString());
        assertEquals(Step.Done.YES, step(Step.ACCESS).done);
        assertEquals(Settings.ACTION_NOTIFICATION_LISTENER_SETTINGS, step(Step.ACCESS).toOpen.getAction());
    }

    @After
    public void beAndroid14Again() {
        ReflectionHelpers.setStaticField(Build.VERSION.class, "SDK_INT", 34);
    }

    @Test
    public void autostart_opens_the_makers_screen_or_our_page() {
        assertEquals(Settings.ACTION_APPLICATION_DETAILS_SETTINGS, step(Step.AUTOSTART).toOpen.getAction());
        install("com.coloros.safecenter/.startupapp.StartupAppListActivity", false, null);
        install("com.huawei.systemmanager/.startupmgr.ui.StartupNormalAppListActivity", true, "huawei.only");
        assertEquals("what is closed to us is passed over", Settings.ACTION_APPLICATION_DETAILS_SETTINGS,
                step(Step.AUTOSTART).toOpen.getAction());
        install("com.vivo.permissionmanager/.activity.BgStartUpManagerActivity", true, null);
        assertEquals("com.vivo.permissionmanager", step(Step.AUTOSTART).toOpen.getComponent().getPackageName());
    }

    @Test
    public void every_maker_that_is_looked_for_can_be_seen() throws Exception {
        String manifest = Files.readString(Path.of("src/main/AndroidManifest.xml"));
        for (String screen : Vendors.SCREENS) {
            String name = screen.substring(0, screen.indexOf('/'));
            assertTrue(name, manifest.contains("<package android:name=\"" + name + "\" />"));
        }
    }

    @Test
    public void the_listener_is_found_by_the_system_and_by_nobody_else() {
        Intent listening = new Intent(android.service.notification.NotificationListenerService.SERVICE_INTERFACE);
        List<android.content.pm.ResolveInfo> found = app.getPackageManager().queryIntentServices(listening, PackageManager.GET_META_DATA);
        assertEquals(ReceiptListener.class.getName(), found.get(0).serviceInfo.name);
        assertEquals("android.permission.BIND_NOTIFICATION_LISTENER_SERVICE", found.get(0).serviceInfo.permission);
    }
}
