package app.matcha.bridge.ui;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertTrue;

import android.content.Intent;
import app.matcha.bridge.R;
import app.matcha.bridge.Step;
import app.matcha.bridge.core.Courier.Result.Kind;
import org.junit.Rule;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.RobolectricTestRunner;

@RunWith(RobolectricTestRunner.class)
public final class HomeActivityTest {
    @Rule
    public final Stage stage = new Stage();
    private final FakePanel panel = stage.panel;

    @Test
    public void before_pairing_it_welcomes_and_shows_three_ways_to_pair() {
        HomeActivity home = Screens.open(HomeActivity.class);
        assertTrue(Screens.shows(home, R.string.welcome_title));
        assertTrue(Screens.shows(home, R.string.welcome_link));
        Screens.tap(home, R.string.pair_scan);
        assertEquals("ScanActivity", Screens.opened(home));
        Screens.tap(home, R.string.pair_paste_link);
        assertEquals("PairActivity", Screens.opened(home));
    }

    @Test
    public void once_paired_the_welcome_gives_way_to_the_state() {
        HomeActivity home = Screens.open(HomeActivity.class);
        panel.well();
        panel.changed();
        assertFalse(Screens.shows(home, R.string.welcome_title));
        assertEquals(home.getString(R.string.home_ok), Screens.state(home));
    }

    @Test
    public void when_all_is_well_there_is_nothing_to_tap_in_the_state() {
        HomeActivity home = well();
        assertEquals(home.getString(R.string.home_ok), Screens.state(home));
        assertFalse(Screens.isSeen(home, R.id.state_do));
        assertFalse(Screens.isSeen(home, R.id.state_other));
    }

    @Test
    public void without_access_it_leads_to_the_steps() {
        panel.well().status.listenerGranted = false;
        HomeActivity home = Screens.open(HomeActivity.class);
        assertEquals(home.getString(R.string.home_no_access), Screens.state(home));
        Screens.tap(home, R.string.home_no_access_do);
        assertEquals("StepsActivity", Screens.opened(home));
    }

    @Test
    public void cut_off_it_waits_a_moment_then_leads_to_the_systems_switch() {
        panel.well().status.listenerBound = false;
        HomeActivity home = Screens.open(HomeActivity.class);
        assertEquals(home.getString(R.string.home_connecting), Screens.state(home));
        assertFalse(Screens.isSeen(home, R.id.state_do));
        panel.now += 10_000;
        panel.changed();
        assertEquals(home.getString(R.string.home_unbound), Screens.state(home));
        Screens.tap(home, R.string.home_unbound_do);
        assertEquals(panel.step(Step.ACCESS).toOpen.getAction(), Screens.started(home).getAction());
    }

    @Test
    public void refused_it_says_why_and_offers_to_pair_or_to_try_again() {
        panel.well().status.courier = Kind.STOPPED;
        panel.status.code = "revoked_device";
        HomeActivity home = Screens.open(HomeActivity.class);
        assertEquals(home.getString(R.string.home_stopped), Screens.state(home));
        assertTrue(Screens.shows(home, R.string.code_revoked_device));
        assertTrue(Screens.shows(home, R.string.code_shown, "revoked_device"));
        Screens.tap(home, R.string.home_try_again);
        assertTrue(panel.asked.contains("try again"));
        Screens.tap(home, R.string.home_stopped_do);
        assertEquals("PairActivity", Screens.opened(home));
    }

    @Test
    public void waiting_it_says_why_and_when_and_can_try_at_once() {
        panel.well().status.courier = Kind.WAIT;
        panel.status.code = "unreachable";
        panel.status.nextAttemptAt = FakePanel.NOW + 90_000;
        panel.status.waiting = 12;
        panel.status.oldestWaitingAt = FakePanel.NOW - 3 * 60_000;
        HomeActivity home = Screens.open(HomeActivity.class);
        assertEquals(home.getString(R.string.home_waiting), Screens.state(home));
        assertTrue(Screens.shows(home, R.string.code_unreachable));
        assertTrue(Screens.words(home).contains("Next attempt in 1 min"));
        assertTrue(Screens.words(home).contains("12\nwaiting"));
        assertTrue(Screens.words(home).contains("Oldest that waits\n3 min"));
        Screens.tap(home, R.string.home_waiting_do);
        assertTrue(panel.asked.contains("deliver now"));
    }

    @Test
    public void hidden_texts_are_told_until_the_owner_knows_and_again_when_there_are_more() {
        panel.well().status.hidden = 2;
        HomeActivity home = Screens.open(HomeActivity.class);
        assertTrue(Screens.shows(home, R.string.home_hidden_text, 2));
        Screens.tap(home, R.string.home_hidden_do);
        Intent steps = Screens.started(home);
        assertTrue(Screens.shows(Screens.open(StepsActivity.class, steps), R.string.step_hiding_text));
        Screens.tap(home, R.string.understood);
        assertEquals(home.getString(R.string.home_ok), Screens.state(home));
        panel.status.hidden = 3;
        panel.changed();
        assertEquals(home.getString(R.string.home_hidden), Screens.state(home));
    }

    @Test
    public void losses_are_told_and_stay_counted() {
        panel.well().status.dropped = 7;
        HomeActivity home = Screens.open(HomeActivity.class);
        assertTrue(Screens.shows(home, R.string.home_dropped_text, 7));
        Screens.tap(home, R.string.understood);
        assertEquals(home.getString(R.string.home_ok), Screens.state(home));
        assertTrue(Screens.words(home).contains("7\ndropped"));
        panel.status.lost = 1;
        panel.changed();
        assertTrue(Screens.shows(home, R.string.home_lost_text, 1));
        Screens.tap(home, R.string.understood);
        assertEquals(home.getString(R.string.home_ok), Screens.state(home));
    }

    @Test
    public void what_the_server_did_not_take_can_be_looked_at() {
        panel.well().status.parked = 1;
        HomeActivity home = Screens.open(HomeActivity.class);
        assertTrue(Screens.shows(home, R.string.home_parked_text, 1));
        Screens.tap(home, R.string.home_parked_do);
        assertEquals("NoticesActivity", Screens.opened(home));
    }

    @Test
    public void open_steps_and_a_sleeping_service_lead_to_the_steps() {
        panel.well().step(Step.BATTERY, Step.Done.NO, false);
        HomeActivity home = Screens.open(HomeActivity.class);
        assertTrue(Screens.shows(home, R.string.home_steps_text, 1));
        Screens.tap(home, R.string.home_steps_do);
        assertEquals("StepsActivity", Screens.opened(home));
        panel.status.foreground = false;
        panel.changed();
        assertEquals(home.getString(R.string.home_asleep), Screens.state(home));
    }

    @Test
    public void an_optional_step_does_not_spoil_a_good_state() {
        panel.well().step(Step.BATTERY, Step.Done.NO, true);
        HomeActivity home = Screens.open(HomeActivity.class);
        assertEquals(home.getString(R.string.home_ok), Screens.state(home));
    }

    @Test
    public void where_nothing_was_ever_stored_it_is_ready_and_no_more() {
        panel.well().status.lastStoredAt = 0;
        HomeActivity home = Screens.open(HomeActivity.class);
        assertEquals(home.getString(R.string.home_ready), Screens.state(home));
        assertTrue(Screens.words(home).contains("Last stored\nnot yet"));
        home.findViewById(R.id.state_do).performClick();
        assertEquals("SelfTestActivity", Screens.opened(home));
    }

    @Test
    public void of_several_troubles_the_gravest_is_told() {
        panel.well();
        panel.status.lastStoredAt = 0;
        panel.status.parked = 1;
        panel.status.dropped = 1;
        panel.status.hidden = 1;
        panel.status.lost = 1;
        panel.status.foreground = false;
        Runnable[] worse = {
            () -> panel.status.courier = Kind.WAIT, () -> panel.status.listenerBound = false,
            () -> panel.status.courier = Kind.STOPPED, () -> panel.status.listenerGranted = false,
        };
        int[] told = {R.string.home_waiting, R.string.home_connecting, R.string.home_stopped, R.string.home_no_access};
        HomeActivity home = Screens.open(HomeActivity.class);
        assertEquals(home.getString(R.string.home_lost), Screens.state(home));
        for (int i = 0; i < worse.length; i++) {
            worse[i].run();
            panel.changed();
            assertEquals(home.getString(told[i]), Screens.state(home));
        }
    }

    @Test
    public void the_clock_is_shown_only_where_it_matters() {
        panel.well().status.clockOffsetMillis = 9_999;
        HomeActivity home = Screens.open(HomeActivity.class);
        assertFalse(Screens.shows(home, R.string.home_clock));
        panel.status.clockOffsetMillis = 600_000;
        panel.changed();
        assertTrue(Screens.words(home).contains("Clock of this phone\n10 min behind; corrected"));
        panel.status.clockOffsetMillis = -45_000;
        panel.changed();
        assertTrue(Screens.words(home).contains("Clock of this phone\n45 s ahead; corrected"));
    }

    @Test
    public void times_are_told() {
        HomeActivity home = well();
        assertTrue(Screens.words(home).contains("Last stored\n2 min ago"));
        assertTrue(Screens.words(home).contains("Last heartbeat\n40 s ago"));
        assertFalse(Screens.shows(home, R.string.home_oldest));
    }

    @Test
    public void every_other_screen_can_be_reached() {
        HomeActivity home = well();
        int[] entries = {R.string.go_notices, R.string.go_steps, R.string.go_apps, R.string.go_test, R.string.go_pair,
            R.string.go_diagnostics};
        String[] screens = {"NoticesActivity", "StepsActivity", "AppsActivity", "SelfTestActivity", "PairActivity",
            "DiagnosticsActivity"};
        for (int i = 0; i < entries.length; i++) {
            Screens.tap(home, entries[i]);
            assertEquals(screens[i], Screens.opened(home));
        }
        assertTrue(Screens.words(home).contains("pay.example.com"));
        assertTrue(Screens.words(home).contains("WeChat"));
    }

    @Test
    public void nobody_is_watched_behind_a_screen_that_is_gone() {
        HomeActivity home = well();
        assertEquals(1, panel.watchers.size());
        Screens.controlled(HomeActivity.class, new Intent()).pause().stop().destroy();
        assertEquals(1, panel.watchers.size());
        assertNull(Screens.started(home));
    }

    private HomeActivity well() {
        panel.well();
        return Screens.open(HomeActivity.class);
    }
}
