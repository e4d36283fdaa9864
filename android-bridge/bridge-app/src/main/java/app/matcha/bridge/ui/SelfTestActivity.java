package app.matcha.bridge.ui;

import android.os.Bundle;
import android.view.View;
import android.view.ViewGroup;
import android.view.WindowManager;
import android.widget.Button;
import android.widget.ImageView;
import android.widget.TextView;
import app.matcha.bridge.R;
import app.matcha.bridge.SelfTest;
import app.matcha.bridge.SelfTest.State;
import app.matcha.bridge.ui.Parts.Mood;
import java.util.Locale;

/** Posts a notification of this app and shows how far it comes: posted, heard, stored; and where it stays if it does. */
public final class SelfTestActivity extends Screen {
    private Stage posted;
    private Stage heard;
    private Stage stored;

    @Override
    protected void onCreate(Bundle saved) {
        super.onCreate(saved);
        scrolling(R.string.test_title, R.layout.selftest);
        ViewGroup stages = findViewById(R.id.test_stages);
        posted = new Stage(stages, R.string.test_posted, R.string.test_posted_text);
        heard = new Stage(stages, R.string.test_heard, R.string.test_heard_text);
        stored = new Stage(stages, R.string.test_stored, R.string.test_stored_text);
        // A phone that falls asleep in the middle would test something else.
        getWindow().addFlags(WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON);
    }

    @Override
    void show() {
        SelfTest test = panel().selfTest();
        State state = test.state();
        State failed = test.failedAt();
        posted.show(test.postedAfterMillis(), state == State.RUNNING, failed == State.POSTED);
        heard.show(test.heardAfterMillis(), state == State.POSTED, failed == State.HEARD);
        stored.show(test.storedAfterMillis(), state == State.HEARD, failed == State.STORED);
        showEnd(state, failed);
        boolean running = state == State.RUNNING || state == State.POSTED || state == State.HEARD;
        Button start = findViewById(R.id.test_start);
        Parts.button(start, getString(running ? R.string.test_stop : state == State.IDLE ? R.string.test_start
                : R.string.test_again), () -> {
            if (running) {
                test.cancel();
            } else {
                test.start();
            }
            show();
        });
        Parts.weight(start, state != State.FAILED);
    }

    private void showEnd(State state, State failed) {
        View end = findViewById(R.id.state);
        end.setVisibility(state == State.STORED || state == State.FAILED ? View.VISIBLE : View.GONE);
        if (state == State.STORED) {
            Parts.state(end, Mood.GOOD, getString(R.string.test_passed), getString(R.string.test_passed_text), null);
            Parts.say(findViewById(R.id.state_do), null);
        } else if (state == State.FAILED) {
            boolean onTheWay = failed == State.STORED;
            Parts.state(end, Mood.BAD, getString(onTheWay ? R.string.test_fail_store : failed == State.HEARD
                    ? R.string.test_fail_hear : R.string.test_fail_post),
                    getString(onTheWay ? R.string.test_fail_store_text : failed == State.HEARD
                            ? R.string.test_fail_hear_text : R.string.test_fail_post_text), null);
            Parts.button(findViewById(R.id.state_do),
                    getString(onTheWay ? R.string.test_fail_do_home : R.string.test_fail_do_steps),
                    onTheWay ? this::goHome : () -> go(StepsActivity.class));
        }
        Parts.say(findViewById(R.id.state_other), null);
    }

    /** One of the three lines: a ring, a wheel while it is waited for, then a tick with the time, or a cross. */
    private final class Stage {
        private final View view;

        Stage(ViewGroup into, int title, int text) {
            view = Parts.add(into, R.layout.stage);
            view.<TextView>findViewById(R.id.stage_title).setText(title);
            view.<TextView>findViewById(R.id.stage_text).setText(text);
        }

        void show(long afterMillis, boolean awaited, boolean failed) {
            ImageView tick = view.findViewById(R.id.stage_tick);
            view.findViewById(R.id.stage_wait).setVisibility(awaited ? View.VISIBLE : View.GONE);
            boolean done = afterMillis >= 0;
            if (done) {
                Parts.disc(tick, Mood.GOOD);
            } else if (failed) {
                Parts.disc(tick, Mood.BAD);
            } else {
                Parts.ring(tick);
            }
            Parts.say(view.findViewById(R.id.stage_time), !done ? null
                    : getString(R.string.test_after, String.format(Locale.ROOT, "%.1f", afterMillis / 1000.0)));
        }
    }
}
