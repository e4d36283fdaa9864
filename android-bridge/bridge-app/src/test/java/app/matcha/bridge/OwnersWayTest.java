package app.matcha.bridge;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import android.content.Intent;
import android.net.Uri;
import app.matcha.bridge.ui.DiagnosticsActivity;
import app.matcha.bridge.ui.HomeActivity;
import app.matcha.bridge.ui.NoticesActivity;
import app.matcha.bridge.ui.PairActivity;
import app.matcha.bridge.ui.Screens;
import org.junit.After;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.Robolectric;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;

/** The screens with the real app behind them: from a link to the first receipt. */
@RunWith(RobolectricTestRunner.class)
public final class OwnersWayTest {
    private final TestApp app = (TestApp) RuntimeEnvironment.getApplication();

    @After
    public void close() {
        Screens.closeAll();
    }

    @Test
    public void a_link_pairs_after_a_tap_and_a_receipt_is_seen_to_be_stored() {
        PairActivity pair = Screens.open(PairActivity.class,
                new Intent(Intent.ACTION_VIEW, Uri.parse(TestApp.LINK), app, PairActivity.class));
        app.settle();
        assertEquals(0, app.server.asked.size());
        Screens.tap(pair, R.string.pair_do);
        app.settle();
        assertTrue(pair.isFinishing());
        assertTrue(app.bridge().status().paired);

        Robolectric.setupService(ReceiptListener.class).onNotificationPosted(Posted.receipt(app, "0.98", 0));
        app.settle();
        String notices = Screens.words(Screens.open(NoticesActivity.class));
        assertTrue(notices, notices.contains("微信支付收款0.98元(朋友到店)"));
        assertTrue(notices, notices.contains(app.getString(R.string.notice_stored)));

        String home = Screens.words(Screens.open(HomeActivity.class));
        assertTrue(home, home.contains(app.getString(R.string.home_no_access)));
        assertTrue(home, home.contains("pay.example.com"));
        assertFalse(home, home.contains("0.98"));
        String diagnostics = Screens.words(Screens.open(DiagnosticsActivity.class));
        assertTrue(diagnostics, diagnostics.contains("pay.example.com"));
        assertFalse(diagnostics, diagnostics.contains("0.98") || diagnostics.contains("BCDFG"));
    }

    @Test
    public void a_refused_code_is_explained_and_nothing_is_paired() {
        app.server.refuses = "401 bad_pairing_code";
        PairActivity pair = Screens.open(PairActivity.class,
                new Intent(Intent.ACTION_VIEW, Uri.parse(TestApp.LINK), app, PairActivity.class));
        Screens.tap(pair, R.string.pair_do);
        app.settle();
        String words = Screens.words(pair);
        assertTrue(words, words.contains(app.getString(R.string.code_bad_pairing_code)));
        assertFalse(app.bridge().status().paired);
        assertTrue(Screens.words(Screens.open(HomeActivity.class)).contains(app.getString(R.string.welcome_title)));
    }
}
