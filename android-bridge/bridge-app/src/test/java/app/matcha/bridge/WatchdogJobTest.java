package app.matcha.bridge;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertTrue;
import static org.robolectric.Shadows.shadowOf;

import android.app.job.JobInfo;
import android.app.job.JobScheduler;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.Robolectric;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;

@RunWith(RobolectricTestRunner.class)
public final class WatchdogJobTest {
    private final TestApp app = (TestApp) RuntimeEnvironment.getApplication();

    @Test
    public void it_comes_every_quarter_of_an_hour_and_outlives_a_reboot() {
        app.paired();
        JobInfo job = app.getSystemService(JobScheduler.class).getPendingJob(WatchdogJob.ID);
        assertEquals(15 * 60_000, job.getIntervalMillis());
        assertTrue(job.isPersisted());
        app.bridge().unpair(false);
        assertNull(app.getSystemService(JobScheduler.class).getPendingJob(WatchdogJob.ID));
    }

    @Test
    public void it_delivers_beats_and_says_when_it_is_done() {
        app.paired();
        app.server.unreachable = true;
        Robolectric.setupService(ReceiptListener.class).onNotificationPosted(Posted.receipt(app, "0.98", 0));
        app.settle();
        app.server.unreachable = false;
        app.bridge().deliverNow();
        int before = app.server.heartbeats.size();
        WatchdogJob job = Robolectric.setupService(WatchdogJob.class);
        assertTrue(job.onStartJob(null));
        assertFalse(shadowOf(job).getIsJobFinished());
        app.settle();
        assertTrue(shadowOf(job).getIsJobFinished());
        assertFalse("the next one is periodic", shadowOf(job).getIsRescheduleNeeded());
        assertEquals(1, app.server.stored.size());
        assertTrue(app.server.heartbeats.size() > before);
        assertTrue("cut off, it wants to come again", job.onStopJob(null));
    }

    @Test
    public void a_phone_that_is_not_paired_is_done_at_once() {
        WatchdogJob job = Robolectric.setupService(WatchdogJob.class);
        job.onStartJob(null);
        assertTrue(shadowOf(job).getIsJobFinished());
    }
}
