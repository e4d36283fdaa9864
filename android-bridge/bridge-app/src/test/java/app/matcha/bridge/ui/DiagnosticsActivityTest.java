package app.matcha.bridge.ui;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import android.content.ClipboardManager;
import android.content.Intent;
import app.matcha.bridge.R;
import java.util.Collections;
import org.junit.Before;
import org.junit.Rule;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.RobolectricTestRunner;

@RunWith(RobolectricTestRunner.class)
public final class DiagnosticsActivityTest {
    @Rule
    public final Stage stage = new Stage();
    private final FakePanel panel = stage.panel.well();

    @Before
    public void haveSomethingToSay() {
        panel.diagnostics = "Matcha bridge\nserver: https pay.example.com\n";
    }

    @Test
    public void what_will_be_shared_is_shown_first_and_nothing_else_is_shared() {
        DiagnosticsActivity screen = Screens.open(DiagnosticsActivity.class);
        assertTrue(Screens.words(screen).contains(panel.diagnostics));
        String seen = Screens.said(screen, R.id.diag_text);
        panel.diagnostics = "something newer";
        panel.changed();
        Screens.tap(screen, R.string.diag_share);
        Intent chooser = Screens.started(screen);
        Intent sent = chooser.getParcelableExtra(Intent.EXTRA_INTENT, Intent.class);
        assertEquals(Intent.ACTION_SEND, sent.getAction());
        assertEquals("text/plain", sent.getType());
        assertEquals(seen, sent.getStringExtra(Intent.EXTRA_TEXT));
    }

    @Test
    public void it_can_be_copied() {
        DiagnosticsActivity screen = Screens.open(DiagnosticsActivity.class);
        Screens.tap(screen, R.string.copy);
        assertEquals(panel.diagnostics, screen.getSystemService(ClipboardManager.class).getPrimaryClip()
                .getItemAt(0).getText().toString());
        assertEquals(Collections.singletonList("diagnostics"), panel.asked);
    }
}
