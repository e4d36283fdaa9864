package app.matcha.bridge;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;
import static org.robolectric.Shadows.shadowOf;

import android.app.NotificationManager;
import android.content.ComponentName;
import android.content.pm.PackageManager;
import java.time.Duration;
import org.junit.Before;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.Robolectric;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;
import org.robolectric.shadows.ShadowNotificationListenerService;

/** A listener that the system has let go is shaken, in growing force; how and when exactly is tested in the core. */
@RunWith(RobolectricTestRunner.class)
public final class ListenerWatchTest {
    private final TestApp app = (TestApp) RuntimeEnvironment.getApplication();
    private ReceiptListener listener;

    @Before
    public void pairAndConnect() {
        access(true);
        app.paired();
        listener = Robolectric.setupService(ReceiptListener.class);
        // Robolectric switches on what it sets up.
        app.getPackageManager().setComponentEnabledSetting(Phone.listener(app),
                PackageManager.COMPONENT_ENABLED_STATE_DEFAULT, PackageManager.DONT_KILL_APP);
        listener.onListenerConnected();
        app.settle();
    }

    private void access(boolean granted) {
        ComponentName name = Phone.listener(app);
        shadowOf(app.getSystemService(NotificationManager.class)).setNotificationListenerAccessGranted(name, granted);
    }

    private int listenerState() {
        return app.getPackageManager().getComponentEnabledSetting(Phone.listener(app));
    }

    private int rebinds() {
        return ShadowNotificationListenerService.getRebindRequestCount();
    }

    @Test
    public void a_bound_listener_is_left_alone() {
        app.pass(Duration.ofMinutes(2));
        assertTrue(app.bridge().status().listenerBound);
        assertEquals(0, rebinds());
        assertEquals(PackageManager.COMPONENT_ENABLED_STATE_DEFAULT, listenerState());
        assertFalse(Shown.alarm(app, Alarms.Kind.SILENT));
    }

    @Test
    public void a_lost_one_is_asked_for_then_toggled_then_told() {
        listener.onListenerDisconnected();
        assertFalse(app.bridge().status().listenerBound);
        app.pass(Duration.ofSeconds(4));
        assertEquals(1, rebinds());
        app.pass(Duration.ofSeconds(12));
        assertEquals(2, rebinds());
        assertEquals(PackageManager.COMPONENT_ENABLED_STATE_DEFAULT, listenerState());
        app.pass(Duration.ofSeconds(30));
        assertEquals(PackageManager.COMPONENT_ENABLED_STATE_ENABLED, listenerState());
        assertFalse(Shown.alarm(app, Alarms.Kind.SILENT));
        app.pass(Duration.ofSeconds(15));
        assertTrue(Shown.alarm(app, Alarms.Kind.SILENT));
        listener.onListenerConnected();
        app.settle();
        assertFalse(Shown.alarm(app, Alarms.Kind.SILENT));
    }

    @Test
    public void a_destroyed_listener_is_a_lost_one() {
        listener.onDestroy();
        app.pass(Duration.ofSeconds(4));
        assertEquals(1, rebinds());
    }

    @Test
    public void without_access_nothing_is_shaken_and_the_owner_is_told_at_once() {
        access(false);
        listener.onListenerDisconnected();
        app.pass(Duration.ofMinutes(2));
        assertEquals(0, rebinds());
        assertEquals(PackageManager.COMPONENT_ENABLED_STATE_DEFAULT, listenerState());
        assertTrue(Shown.alarm(app, Alarms.Kind.SILENT));
    }

    @Test
    public void a_toggle_that_a_kill_cut_in_two_is_mended() {
        app.getPackageManager().setComponentEnabledSetting(Phone.listener(app),
                PackageManager.COMPONENT_ENABLED_STATE_DISABLED, PackageManager.DONT_KILL_APP);
        app.bridge().awake();
        assertEquals(PackageManager.COMPONENT_ENABLED_STATE_ENABLED, listenerState());
    }
}
