package app.matcha.bridge;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;
import static org.robolectric.Shadows.shadowOf;

import android.app.Notification;
import android.app.NotificationChannel;
import android.app.NotificationManager;
import app.matcha.bridge.core.MemoryState;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;
import org.robolectric.annotation.Config;

@RunWith(RobolectricTestRunner.class)
public final class AlarmsTest {
    private final TestApp app = (TestApp) RuntimeEnvironment.getApplication();
    private final MemoryState state = new MemoryState();
    private final Alarms alarms = new Alarms(app, state);
    private final NotificationManager manager = app.getSystemService(NotificationManager.class);

    private boolean shown(Alarms.Kind kind) {
        return Shown.alarm(app, kind);
    }

    @Test
    public void alarms_sound_and_the_standing_notification_does_not() {
        NotificationChannel alarm = manager.getNotificationChannel(Alarms.ALARM);
        assertEquals(NotificationManager.IMPORTANCE_HIGH, alarm.getImportance());
        assertEquals(NotificationManager.IMPORTANCE_LOW, manager.getNotificationChannel(Alarms.STANDING).getImportance());
    }

    @Test
    public void a_state_is_told_once_as_long_as_it_lasts() {
        alarms.state(Alarms.Kind.STOPPED, true);
        assertTrue(shown(Alarms.Kind.STOPPED));
        manager.cancel(Alarms.Kind.STOPPED.id());
        alarms.state(Alarms.Kind.STOPPED, true);
        assertFalse("the owner has wiped it away", shown(Alarms.Kind.STOPPED));
        alarms.state(Alarms.Kind.STOPPED, false);
        alarms.state(Alarms.Kind.STOPPED, true);
        assertTrue(shown(Alarms.Kind.STOPPED));
        alarms.state(Alarms.Kind.STOPPED, false);
        assertFalse(shown(Alarms.Kind.STOPPED));
    }

    @Test
    public void what_an_earlier_process_showed_goes_when_its_cause_is_gone() {
        alarms.state(Alarms.Kind.SILENT, true);
        new Alarms(app, state).state(Alarms.Kind.SILENT, false);
        assertFalse(shown(Alarms.Kind.SILENT));
    }

    @Test
    public void a_count_is_told_each_time_it_grows_also_by_a_later_process() {
        alarms.count(Alarms.Kind.DROPPED, 0);
        assertFalse(shown(Alarms.Kind.DROPPED));
        alarms.count(Alarms.Kind.DROPPED, 1);
        assertTrue(shown(Alarms.Kind.DROPPED));
        manager.cancel(Alarms.Kind.DROPPED.id());
        Alarms later = new Alarms(app, state);
        later.count(Alarms.Kind.DROPPED, 1);
        assertFalse(shown(Alarms.Kind.DROPPED));
        later.count(Alarms.Kind.DROPPED, 2);
        assertTrue(shown(Alarms.Kind.DROPPED));
    }

    @Test
    @Config(qualifiers = "zh-rCN")
    public void they_speak_the_owners_language() {
        alarms.state(Alarms.Kind.SILENT, true);
        Notification shown = Shown.bar(app).getNotification(Alarms.Kind.SILENT.id());
        assertEquals("听不到收款通知", shown.extras.getString(Notification.EXTRA_TITLE));
        assertTrue(shown.contentIntent.isImmutable());
        assertEquals("app.matcha.bridge.ui.HomeActivity",
                shadowOf(shown.contentIntent).getSavedIntent().getComponent().getClassName());
    }

    @Test
    public void every_kind_has_a_notification_of_its_own() {
        for (Alarms.Kind kind : Alarms.Kind.values()) {
            alarms.state(kind, true);
        }
        assertEquals(Alarms.Kind.values().length, manager.getActiveNotifications().length);
    }
}
