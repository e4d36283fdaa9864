package app.matcha.bridge;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertTrue;

import app.matcha.bridge.core.Courier;
import java.io.File;
import java.time.Duration;
import java.util.Arrays;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.Robolectric;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;

@RunWith(RobolectricTestRunner.class)
public final class BrokenStorageTest {
    private final TestApp app = (TestApp) RuntimeEnvironment.getApplication();

    @Test
    public void an_outbox_that_cannot_be_opened_is_told_and_the_app_lives_until_it_can() {
        File file = app.getDatabasePath(OutboxFile.NAME);
        assertTrue("a folder is no database", file.mkdirs());
        app.paired();
        ReceiptListener listener = Robolectric.setupService(ReceiptListener.class);
        listener.onNotificationPosted(Posted.receipt(app, "0.98", 0));
        app.settle();
        Status broken = app.bridge().status();
        assertEquals(Courier.Result.Kind.WAIT, broken.courier);
        assertEquals("phone_storage", broken.code);
        assertEquals(1, broken.lost);
        assertTrue(Shown.alarm(app, Alarms.Kind.LOST));
        assertTrue(app.bridge().recent(10).isEmpty());
        assertTrue(app.bridge().diagnostics().contains("storage: unreadable"));
        assertEquals("it still beats", 1, app.server.heartbeats.size());

        assertTrue(file.delete());
        listener.onNotificationPosted(Posted.receipt(app, "0.97", 1));
        app.pass(Duration.ofMinutes(1));
        assertEquals(Arrays.asList("微信支付收款0.97元(朋友到店)"), app.server.texts());
        assertNull(app.bridge().status().code);
    }
}
