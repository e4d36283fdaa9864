package app.matcha.bridge.ui;

import android.content.Intent;
import android.os.Bundle;
import android.view.View;
import android.view.ViewGroup;
import android.widget.TextView;
import app.matcha.bridge.R;
import app.matcha.bridge.Status;
import app.matcha.bridge.Step;
import app.matcha.bridge.ui.Parts.Mood;

/**
 * The first screen: one state, told honestly, with the one button that mends it; the numbers; and the ways to the other
 * screens. Before pairing it says what the app is, and how to pair.
 */
public final class HomeActivity extends Screen {
    /** Smaller differences of the clocks matter to nobody. */
    private static final long CLOCK_SHOWN_MILLIS = 10_000;

    /** Android needs a moment after the app was started, and that is no trouble yet. */
    private static final long CONNECTING_MILLIS = 10_000;
    private static final Act NOTHING = new Act(null, () -> {});

    private boolean welcomed;
    private boolean built;
    /** Since when this screen sees that the listener is not bound. */
    private long unboundSince;
    private Seen seen;
    private TextView waiting;
    private TextView parked;
    private TextView dropped;
    private TextView hidden;
    private TextView oldest;
    private TextView stored;
    private TextView heartbeat;
    private TextView clock;
    private TextView server;
    private TextView steps;
    private TextView apps;

    @Override
    protected void onCreate(Bundle saved) {
        super.onCreate(saved);
        seen = new Seen(this);
    }

    @Override
    void show() {
        Status status = panel().status();
        if (!status.paired) {
            welcome();
        } else {
            build();
            showState(status);
            showNumbers(status);
        }
    }

    private void welcome() {
        if (welcomed) {
            return;
        }
        welcomed = true;
        built = false;
        scrolling(R.string.app_name, R.layout.welcome);
        first();
        findViewById(R.id.welcome_scan).setOnClickListener(clicked -> go(ScanActivity.class));
        findViewById(R.id.welcome_paste).setOnClickListener(clicked -> startActivity(PairActivity.with(this, null)));
        ViewGroup facts = findViewById(R.id.welcome_facts);
        int[] said = {R.string.welcome_fact_apps, R.string.welcome_fact_server, R.string.welcome_fact_kept,
            R.string.welcome_fact_none};
        for (int fact : said) {
            Parts.add(facts, R.layout.fact).<TextView>findViewById(R.id.fact_text).setText(fact);
        }
    }

    private void build() {
        if (built) {
            return;
        }
        built = true;
        welcomed = false;
        scrolling(R.string.app_name, R.layout.home);
        first();
        ViewGroup upper = findViewById(R.id.tiles_1);
        ViewGroup lower = findViewById(R.id.tiles_2);
        waiting = Parts.tile(upper, R.string.home_count_waiting);
        parked = Parts.tile(upper, R.string.home_count_parked);
        dropped = Parts.tile(lower, R.string.home_count_dropped);
        hidden = Parts.tile(lower, R.string.home_count_hidden);
        ViewGroup rows = findViewById(R.id.rows);
        oldest = Parts.row(rows, R.string.home_oldest);
        stored = Parts.row(rows, R.string.home_last_stored);
        heartbeat = Parts.row(rows, R.string.home_last_heartbeat);
        clock = Parts.row(rows, R.string.home_clock);
        ViewGroup entries = findViewById(R.id.entries);
        Parts.entry(entries, R.drawable.ic_list, R.string.go_notices, () -> go(NoticesActivity.class))
                .setText(R.string.go_notices_text);
        steps = Parts.entry(entries, R.drawable.ic_steps, R.string.go_steps, () -> go(StepsActivity.class));
        apps = Parts.entry(entries, R.drawable.ic_apps, R.string.go_apps, () -> go(AppsActivity.class));
        Parts.entry(entries, R.drawable.ic_pulse, R.string.go_test, () -> go(SelfTestActivity.class))
                .setText(R.string.go_test_text);
        server = Parts.entry(entries, R.drawable.ic_server, R.string.go_pair,
                () -> startActivity(PairActivity.with(this, null)));
        Parts.entry(entries, R.drawable.ic_page, R.string.go_diagnostics, () -> go(DiagnosticsActivity.class))
                .setText(R.string.go_diagnostics_text);
    }

    /** The first screen has nothing to go back to. */
    private void first() {
        findViewById(R.id.back).setVisibility(View.GONE);
        TextView title = findViewById(R.id.title);
        title.setPaddingRelative(getResources().getDimensionPixelSize(R.dimen.gap), 0, 0, 0);
    }

    private void showState(Status status) {
        if (status.listenerBound || unboundSince == 0) {
            unboundSince = panel().nowMillis();
        }
        int open = StepList.open(this, panel());
        switch (HomeState.of(status, open, seen)) {
            case NO_ACCESS:
                say(Mood.BAD, R.string.home_no_access, getString(R.string.home_no_access_text), null,
                        act(R.string.home_no_access_do, () -> go(StepsActivity.class)), NOTHING);
                break;
            case STOPPED:
                say(Mood.BAD, R.string.home_stopped, Codes.explain(getResources(), status.code),
                        getString(R.string.home_stopped_note) + " " + getString(R.string.code_shown, status.code),
                        act(R.string.home_stopped_do, () -> startActivity(PairActivity.with(this, null))),
                        act(R.string.home_try_again, panel()::tryAgain));
                break;
            case UNBOUND:
                boolean stays = panel().nowMillis() - unboundSince >= CONNECTING_MILLIS;
                say(stays ? Mood.BAD : Mood.WARN, stays ? R.string.home_unbound : R.string.home_connecting,
                        getString(stays ? R.string.home_unbound_text : R.string.home_connecting_text), null,
                        stays ? act(R.string.home_unbound_do, () -> open(panel().step(Step.ACCESS).toOpen)) : NOTHING,
                        NOTHING);
                break;
            case WAITING:
                say(Mood.WARN, R.string.home_waiting, Codes.explain(getResources(), status.code), waits(status),
                        act(R.string.home_waiting_do, panel()::deliverNow), NOTHING);
                break;
            case LOST:
                say(Mood.BAD, R.string.home_lost, getString(R.string.home_lost_text, status.lost), null,
                        act(R.string.understood, () -> seen.lost(status.lost)), NOTHING);
                break;
            case HIDDEN:
                say(Mood.WARN, R.string.home_hidden, getString(R.string.home_hidden_text, status.hidden), null,
                        act(R.string.home_hidden_do, () -> startActivity(StepsActivity.at(this, StepList.HIDING))),
                        act(R.string.understood, () -> seen.hidden(status.hidden)));
                break;
            case DROPPED:
                say(Mood.BAD, R.string.home_dropped, getString(R.string.home_dropped_text, status.dropped), null,
                        act(R.string.understood, () -> seen.dropped(status.dropped)), NOTHING);
                break;
            case PARKED:
                say(Mood.WARN, R.string.home_parked, getString(R.string.home_parked_text, status.parked), null,
                        act(R.string.home_parked_do, () -> go(NoticesActivity.class)),
                        act(R.string.understood, () -> seen.parked(status.parked)));
                break;
            case ASLEEP:
                say(Mood.WARN, R.string.home_asleep, getString(R.string.home_asleep_text), null,
                        act(R.string.home_steps_do, () -> go(StepsActivity.class)), NOTHING);
                break;
            case STEPS:
                say(Mood.WARN, R.string.home_steps, getString(R.string.home_steps_text, open), null,
                        act(R.string.home_steps_do, () -> go(StepsActivity.class)), NOTHING);
                break;
            case READY:
                say(Mood.GOOD, R.string.home_ready, getString(R.string.home_ready_text), null,
                        act(R.string.go_test, () -> go(SelfTestActivity.class)), NOTHING);
                break;
            default:
                say(Mood.GOOD, R.string.home_ok, getString(R.string.home_ok_text), null, NOTHING, NOTHING);
        }
    }

    private String waits(Status status) {
        String when = status.nextAttemptAt <= panel().nowMillis() ? getString(R.string.home_waiting_now)
                : getString(R.string.home_waiting_note, moments().ahead(status.nextAttemptAt));
        return when + " " + getString(R.string.code_shown, status.code);
    }

    private void say(Mood mood, int title, String text, String note, Act act, Act other) {
        Parts.state(findViewById(R.id.state), mood, getString(title), text, note);
        Parts.button(findViewById(R.id.state_do), act.words, act.run);
        Parts.button(findViewById(R.id.state_other), other.words, other.run);
    }

    /** What a button says and does; afterwards the screen is brought up to date. */
    private Act act(int words, Runnable run) {
        return new Act(getString(words), () -> {
            run.run();
            show();
        });
    }

    private static final class Act {
        final String words;
        final Runnable run;

        Act(String words, Runnable run) {
            this.words = words;
            this.run = run;
        }
    }

    private void showNumbers(Status status) {
        Moments moments = moments();
        count(waiting, status.waiting, R.color.ink);
        count(parked, status.parked, R.color.warn);
        count(dropped, status.dropped, R.color.bad);
        count(hidden, status.hidden, R.color.warn);
        Parts.fact(oldest, status.waiting == 0 ? null
                : moments.span(panel().nowMillis() - status.oldestWaitingAt));
        Parts.fact(stored, moments.ago(status.lastStoredAt));
        Parts.fact(heartbeat, moments.ago(status.lastHeartbeatAt));
        Parts.fact(clock, clock(status.clockOffsetMillis, moments));
        Parts.say(server, status.serverHost);
        int open = StepList.unticked(this, panel());
        Parts.say(steps, open == 0 ? getString(R.string.go_steps_done) : getString(R.string.go_steps_open, open));
        Parts.say(apps, StepList.names(this, panel().watched()));
    }

    private void count(TextView number, long count, int color) {
        Parts.say(number, String.valueOf(count));
        number.setTextColor(getColor(count == 0 ? R.color.ink : color));
    }

    /** The offset is what must be added to the phone's time to get the server's. */
    private String clock(long offset, Moments moments) {
        if (Math.abs(offset) < CLOCK_SHOWN_MILLIS) {
            return null;
        }
        return getString(offset > 0 ? R.string.home_clock_behind : R.string.home_clock_ahead,
                moments.span(Math.abs(offset)));
    }
}
