package app.matcha.bridge.ui;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import android.app.AlertDialog;
import android.content.ClipData;
import android.content.ClipboardManager;
import android.content.Intent;
import android.net.Uri;
import android.widget.EditText;
import android.widget.Switch;
import app.matcha.bridge.PairResult;
import app.matcha.bridge.R;
import org.junit.Before;
import org.junit.Rule;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;
import org.robolectric.android.controller.ActivityController;
import org.robolectric.shadows.ShadowAlertDialog;
import org.robolectric.shadows.ShadowBuild;
import org.robolectric.shadows.ShadowLooper;

@RunWith(RobolectricTestRunner.class)
public final class PairActivityTest {
    private static final String LINK = "matcha://pair?server=https%3A%2F%2Fpay.example.com&code=K7DFW-2Q9XM";
    private static final String PINNED = LINK + "&pin=sha256%2FAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA%3D";
    private static final String PRIVATE = "matcha://pair?server=http%3A%2F%2F192.168.1.20%3A8080&code=K7DFW-2Q9XM";

    @Rule
    public final Stage stage = new Stage();
    private final FakePanel panel = stage.panel;

    @Before
    public void haveAModel() {
        ShadowBuild.setModel("Mi 10");
    }

    @Test
    public void a_link_that_another_app_opens_asks_first_and_sends_nothing() {
        PairActivity screen = opened(LINK);
        assertTrue(Screens.shows(screen, R.string.pair_from_link));
        assertTrue(Screens.shows(screen, R.string.pair_with));
        assertEquals("https://pay.example.com", Screens.said(screen, R.id.pair_server));
        ShadowLooper.idleMainLooper();
        assertTrue(panel.asked.isEmpty());
        Screens.tap(screen, R.string.pair_do);
        assertEquals("pair " + LINK + " as Mi 10", panel.asked.get(0));
    }

    @Test
    public void another_app_cannot_pass_for_this_one() {
        Intent forged = new Intent(RuntimeEnvironment.getApplication(), PairActivity.class)
                .putExtra("link", LINK).putExtra("mark", "ours").setData(Uri.parse(LINK));
        PairActivity screen = Screens.open(PairActivity.class, forged);
        assertTrue(Screens.shows(screen, R.string.pair_from_link));
        assertTrue(panel.asked.isEmpty());
    }

    @Test
    public void a_second_link_takes_the_place_of_the_first_and_asks_too() {
        ActivityController<PairActivity> screen = Screens.controlled(PairActivity.class, view(LINK));
        screen.newIntent(view(PRIVATE));
        assertEquals("http://192.168.1.20:8080", Screens.said(screen.get(), R.id.pair_server));
        assertTrue(panel.asked.isEmpty());
    }

    @Test
    public void a_scanned_link_asks_as_well_but_does_not_speak_of_another_app() {
        PairActivity screen = scanned(LINK);
        assertFalse(Screens.shows(screen, R.string.pair_from_link));
        assertTrue(Screens.shows(screen, R.string.pair_with));
        assertTrue(panel.asked.isEmpty());
    }

    @Test
    public void a_link_can_be_pasted_with_the_message_around_it() {
        PairActivity screen = scanned(null);
        ClipboardManager clipboard = screen.getSystemService(ClipboardManager.class);
        clipboard.setPrimaryClip(ClipData.newPlainText("", "请用手机打开 " + LINK + "，十分钟内有效"));
        Screens.tap(screen, R.string.pair_paste);
        assertEquals("https://pay.example.com", Screens.said(screen, R.id.pair_server));
        assertTrue(Screens.isSeen(screen, R.id.pair_link));
        assertTrue(screen.findViewById(R.id.pair_do).isEnabled());
    }

    @Test
    public void nothing_to_paste_changes_nothing() {
        PairActivity screen = scanned(null);
        Screens.tap(screen, R.string.pair_paste);
        assertFalse(Screens.isSeen(screen, R.id.pair_found));
        assertFalse(Screens.isSeen(screen, R.id.state));
    }

    @Test
    public void from_here_the_camera_can_be_opened() {
        PairActivity screen = scanned(null);
        Screens.tap(screen, R.string.pair_scan);
        assertEquals("ScanActivity", Screens.opened(screen));
    }

    @Test
    public void how_safe_the_way_is_is_told() {
        assertTrue(Screens.shows(scanned(LINK), R.string.pair_safe));
        assertTrue(Screens.shows(scanned(PINNED), R.string.pair_pinned));
    }

    @Test
    public void plain_http_has_its_switch_only_for_private_addresses() {
        assertFalse(Screens.isSeen(scanned(LINK), R.id.pair_plain));
        PairActivity known = scanned(PRIVATE.replace("192.168.1.20", "pay.example.com"));
        assertFalse(Screens.isSeen(known, R.id.pair_plain));
        assertTrue(Screens.shows(known, R.string.code_plain_http_public));
        assertFalse(known.findViewById(R.id.pair_do).isEnabled());

        PairActivity near = scanned(PRIVATE);
        assertTrue(Screens.isSeen(near, R.id.pair_plain));
        assertTrue(Screens.shows(near, R.string.code_plain_http_off));
        assertFalse(near.findViewById(R.id.pair_do).isEnabled());
        near.<Switch>findViewById(R.id.pair_plain).setChecked(true);
        assertTrue(Screens.shows(near, R.string.pair_private));
        Screens.tap(near, R.string.pair_do);
        assertEquals("pair " + PRIVATE + " as Mi 10 plain", panel.asked.get(0));
    }

    @Test
    public void links_with_a_fault_say_what_is_wrong() {
        String[][] links = {
            {"hello", "no_link"}, {"matcha://pair?code=K7DFW-2Q9XM", "no_server"},
            {"matcha://pair?server=https%3A%2F%2Fa.b", "no_code"}, {LINK + "&pin=x", "bad_pin"},
        };
        for (String[] link : links) {
            PairActivity screen = scanned(null);
            screen.<EditText>findViewById(R.id.pair_link).setText(link[0]);
            assertEquals(screen.getString(R.string.pair_bad_link), Screens.state(screen));
            assertEquals(Codes.explain(screen.getResources(), link[1]), Screens.said(screen, R.id.state_text));
            assertFalse(Screens.isSeen(screen, R.id.pair_found));
        }
    }

    @Test
    public void a_phone_needs_a_name() {
        PairActivity screen = scanned(LINK);
        EditText name = screen.findViewById(R.id.pair_name);
        name.setText("  ");
        assertFalse(screen.findViewById(R.id.pair_do).isEnabled());
        name.setText(" Till ");
        Screens.tap(screen, R.string.pair_do);
        assertEquals("pair " + LINK + " as Till", panel.asked.get(0));
    }

    @Test
    public void while_it_pairs_nothing_can_be_tapped_twice() {
        PairActivity screen = scanned(LINK);
        Screens.tap(screen, R.string.pair_do);
        assertEquals(screen.getString(R.string.pair_doing), Screens.said(screen, R.id.pair_do));
        assertFalse(screen.findViewById(R.id.pair_do).isEnabled());
        assertFalse(Screens.isSeen(screen, R.id.pair_other));
    }

    @Test
    public void a_refusal_is_explained_and_can_be_tried_again() {
        PairActivity screen = scanned(LINK);
        Screens.tap(screen, R.string.pair_do);
        panel.pairing.accept(PairResult.failed("bad_pairing_code"));
        assertEquals(screen.getString(R.string.pair_failed), Screens.state(screen));
        assertTrue(Screens.shows(screen, R.string.code_bad_pairing_code));
        Screens.tap(screen, R.string.pair_do);
        assertEquals(2, panel.asked.size());
    }

    @Test
    public void once_paired_the_steps_come_next() {
        PairActivity screen = scanned(LINK);
        Screens.tap(screen, R.string.pair_do);
        panel.pairing.accept(PairResult.done());
        assertTrue(screen.isFinishing());
        assertEquals("StepsActivity", Screens.opened(screen));
        assertEquals("HomeActivity", Screens.opened(screen));
    }

    @Test
    public void an_answer_that_comes_after_the_screen_is_gone_does_no_harm() {
        ActivityController<PairActivity> screen = Screens.controlled(PairActivity.class, view(LINK));
        Screens.tap(screen.get(), R.string.pair_do);
        screen.pause().stop().destroy();
        panel.pairing.accept(PairResult.failed("timeout"));
    }

    @Test
    public void pairing_again_says_what_it_keeps() {
        panel.well().status.waiting = 12;
        assertTrue(Screens.shows(scanned(LINK), R.string.pair_again, "pay.example.com", 12));
    }

    @Test
    public void a_key_that_is_not_in_the_keystore_is_told() {
        panel.well();
        assertFalse(Screens.shows(scanned(null), R.string.pair_key_in_file));
        panel.status.keyInKeystore = false;
        assertTrue(Screens.shows(scanned(null), R.string.pair_key_in_file));
    }

    @Test
    public void unpairing_asks_whether_to_keep_what_waits() {
        panel.well().status.waiting = 12;
        int[] buttons = {AlertDialog.BUTTON_POSITIVE, AlertDialog.BUTTON_NEGATIVE, AlertDialog.BUTTON_NEUTRAL};
        String[] asked = {"unpair", "unpair and wipe", null};
        for (int i = 0; i < buttons.length; i++) {
            panel.asked.clear();
            PairActivity screen = scanned(null);
            Screens.tap(screen, R.string.unpair);
            AlertDialog dialog = ShadowAlertDialog.getLatestAlertDialog();
            assertEquals(screen.getString(R.string.unpair_text, 12),
                    org.robolectric.Shadows.shadowOf(dialog).getMessage().toString());
            assertTrue(panel.asked.isEmpty());
            dialog.getButton(buttons[i]).performClick();
            ShadowLooper.idleMainLooper();
            assertEquals(asked[i], panel.asked.isEmpty() ? null : panel.asked.get(0));
        }
    }

    @Test
    public void a_phone_that_is_not_paired_cannot_be_unpaired() {
        assertFalse(Screens.isSeen(scanned(null), R.id.pair_leave));
    }

    private static PairActivity opened(String link) {
        return Screens.open(PairActivity.class, view(link));
    }

    private static Intent view(String link) {
        return new Intent(Intent.ACTION_VIEW, Uri.parse(link), RuntimeEnvironment.getApplication(), PairActivity.class);
    }

    private static PairActivity scanned(String link) {
        return Screens.open(PairActivity.class, PairActivity.with(RuntimeEnvironment.getApplication(), link));
    }
}
