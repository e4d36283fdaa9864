package app.matcha.bridge.ui;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertTrue;

import android.Manifest;
import android.content.Intent;
import android.provider.Settings;
import android.util.Size;
import app.matcha.bridge.R;
import org.junit.Rule;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;
import org.robolectric.Shadows;
import org.robolectric.android.controller.ActivityController;
import org.robolectric.shadows.ShadowActivity;
import org.robolectric.shadows.ShadowLooper;

@RunWith(RobolectricTestRunner.class)
public final class ScanActivityTest {
    private static final String LINK = "matcha://pair?server=https%3A%2F%2Fpay.example.com&code=K7DFW-2Q9XM";

    @Rule
    public final Stage stage = new Stage();
    private final FakePanel panel = stage.panel;

    @Test
    public void the_reason_is_told_before_the_system_asks() {
        ScanActivity scan = Screens.open(ScanActivity.class);
        assertTrue(Screens.shows(scan, R.string.scan_why));
        assertNull(Shadows.shadowOf(scan).getLastRequestedPermission());
        Screens.tap(scan, R.string.scan_allow);
        assertEquals(Manifest.permission.CAMERA,
                Shadows.shadowOf(scan).getLastRequestedPermission().requestedPermissions[0]);
    }

    @Test
    public void after_a_last_no_the_settings_and_pasting_remain() {
        ActivityController<ScanActivity> controller = Screens.controlled(ScanActivity.class, new Intent());
        ScanActivity scan = controller.get();
        Screens.tap(scan, R.string.scan_allow);
        ShadowActivity.PermissionsRequest request = Shadows.shadowOf(scan).getLastRequestedPermission();
        scan.onRequestPermissionsResult(request.requestCode, request.requestedPermissions, new int[] {-1});
        controller.pause().resume();
        assertTrue(Screens.shows(scan, R.string.scan_denied));
        Screens.tap(scan, R.string.scan_settings);
        assertEquals(Settings.ACTION_APPLICATION_DETAILS_SETTINGS, Screens.started(scan).getAction());
        Screens.tap(scan, R.string.pair_paste_link);
        assertEquals("PairActivity", Screens.opened(scan));
        assertTrue(scan.isFinishing());
    }

    @Test
    public void without_a_camera_it_says_so() {
        assertTrue(Screens.shows(allowed(), R.string.scan_no_camera));
    }

    @Test
    public void a_pairing_code_leads_to_the_question_and_pairs_nothing() {
        ScanActivity scan = allowed();
        scan.onCode(LINK);
        ShadowLooper.idleMainLooper();
        assertTrue(scan.isFinishing());
        Intent next = Screens.started(scan);
        PairActivity pair = Screens.open(PairActivity.class, next);
        assertEquals("https://pay.example.com", Screens.said(pair, R.id.pair_server));
        assertFalse(Screens.shows(pair, R.string.pair_from_link));
        assertTrue(panel.asked.isEmpty());
    }

    @Test
    public void another_code_is_told_and_the_camera_looks_on() {
        ScanActivity scan = allowed();
        scan.onCode("https://example.com/menu");
        ShadowLooper.idleMainLooper();
        assertTrue(Screens.shows(scan, R.string.scan_wrong));
        assertFalse(scan.isFinishing());
    }

    @Test
    public void a_pairing_code_with_a_fault_is_explained_on_the_next_screen() {
        ScanActivity scan = allowed();
        scan.onCode(LINK + "&pin=nonsense");
        ShadowLooper.idleMainLooper();
        assertTrue(Screens.shows(Screens.open(PairActivity.class, Screens.started(scan)), R.string.code_bad_pin));
    }

    @Test
    public void codes_seen_after_the_screen_was_left_do_nothing() {
        Shadows.shadowOf(RuntimeEnvironment.getApplication()).grantPermissions(Manifest.permission.CAMERA);
        ActivityController<ScanActivity> controller = Screens.controlled(ScanActivity.class, new Intent()).pause();
        controller.get().onCode(LINK);
        ShadowLooper.idleMainLooper();
        assertNull(Screens.started(controller.get()));
    }

    @Test
    public void pictures_are_as_large_as_is_useful() {
        Size[] sizes = {new Size(4000, 3000), new Size(1280, 720), new Size(1920, 1080), new Size(640, 480)};
        assertEquals(new Size(1920, 1080), QrCamera.largestWithin(sizes, 1920 * 1080));
        assertEquals(new Size(1280, 720), QrCamera.largestWithin(sizes, 1_000_000));
        assertEquals(new Size(640, 480), QrCamera.largestWithin(sizes, 1));
        assertNull(QrCamera.largestWithin(new Size[0], 1));
    }

    private static ScanActivity allowed() {
        Shadows.shadowOf(RuntimeEnvironment.getApplication()).grantPermissions(Manifest.permission.CAMERA);
        return Screens.open(ScanActivity.class);
    }
}
