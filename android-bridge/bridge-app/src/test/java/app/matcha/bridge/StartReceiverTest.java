package app.matcha.bridge;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNotNull;
import static org.junit.Assert.assertNull;
import static org.robolectric.Shadows.shadowOf;

import android.app.NotificationManager;
import android.app.job.JobScheduler;
import android.content.Intent;
import android.content.pm.PackageManager;
import android.content.pm.ResolveInfo;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;

@RunWith(RobolectricTestRunner.class)
public final class StartReceiverTest {
    private final TestApp app = (TestApp) RuntimeEnvironment.getApplication();

    private void receive(String action) {
        new StartReceiver().onReceive(app, new Intent(action));
        app.settle();
    }

    private int listenerState() {
        return app.getPackageManager().getComponentEnabledSetting(Phone.listener(app));
    }

    @Test
    public void the_system_knows_whom_to_call() {
        for (String action : new String[] {Intent.ACTION_BOOT_COMPLETED, Intent.ACTION_MY_PACKAGE_REPLACED}) {
            List<String> called = new ArrayList<>();
            for (ResolveInfo found : app.getPackageManager().queryBroadcastReceivers(new Intent(action), 0)) {
                called.add(found.activityInfo.name);
            }
            assertEquals(Arrays.asList(StartReceiver.class.getName()), called);
        }
    }

    @Test
    public void after_a_boot_service_job_and_heartbeat_run_again() {
        app.paired();
        shadowOf(app).clearStartedServices();
        app.getSystemService(JobScheduler.class).cancelAll();
        int before = app.server.heartbeats.size();
        receive(Intent.ACTION_BOOT_COMPLETED);
        assertNotNull(shadowOf(app).getNextStartedService());
        assertNotNull(app.getSystemService(JobScheduler.class).getPendingJob(WatchdogJob.ID));
        assertEquals(before + 1, app.server.heartbeats.size());
    }

    @Test
    public void after_an_update_the_listener_is_switched_off_and_on() {
        app.paired();
        shadowOf(app.getSystemService(NotificationManager.class)).setNotificationListenerAccessGranted(Phone.listener(app), true);
        assertEquals(PackageManager.COMPONENT_ENABLED_STATE_DEFAULT, listenerState());
        receive(Intent.ACTION_MY_PACKAGE_REPLACED);
        assertEquals(PackageManager.COMPONENT_ENABLED_STATE_ENABLED, listenerState());
    }

    @Test
    public void a_phone_that_is_not_paired_does_nothing() {
        receive(Intent.ACTION_BOOT_COMPLETED);
        receive("something else");
        new StartReceiver().onReceive(app, new Intent());
        assertNull(shadowOf(app).getNextStartedService());
        assertNull(app.getSystemService(JobScheduler.class).getPendingJob(WatchdogJob.ID));
        assertEquals(0, app.server.asked.size());
    }
}
