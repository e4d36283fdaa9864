package app.matcha.bridge.ui;

import android.Manifest;
import android.content.Context;
import android.content.Intent;
import android.content.pm.PackageManager;
import android.graphics.Rect;
import android.os.Build;
import android.os.Bundle;
import android.view.View;
import android.view.ViewGroup;
import android.widget.ImageView;
import android.widget.ScrollView;
import android.widget.TextView;
import app.matcha.bridge.R;
import app.matcha.bridge.Step;
import java.util.ArrayList;
import java.util.List;

/**
 * What has to be set so that receipts arrive, each with a tick or a button. The first step that is open stands open, the
 * others open at a tap.
 */
public final class StepsActivity extends Screen {
    static final String UNRESTRICT = "adb shell appops set %s ACCESS_RESTRICTED_SETTINGS allow";
    static final String UNHIDE = "adb shell appops set %s RECEIVE_SENSITIVE_NOTIFICATIONS allow";
    private static final String AT = "at";
    private static final int ASK_TO_NOTIFY = 1;

    private final List<Line> lines = new ArrayList<>();
    /** The step that the owner opened; null while the first open one stands open by itself. */
    private String chosen;
    /** The step that this screen was opened for, until it has been brought into view. */
    private String asked;
    private boolean askedToNotify;
    private String built = "";

    /** Opens this screen at a step. */
    static Intent at(Context context, String step) {
        return new Intent(context, StepsActivity.class).putExtra(AT, step);
    }

    @Override
    protected void onCreate(Bundle saved) {
        super.onCreate(saved);
        scrolling(R.string.steps_title, 0);
        asked = saved == null ? getIntent().getStringExtra(AT) : null;
        chosen = saved == null ? asked : saved.getString(AT);
    }

    @Override
    protected void onSaveInstanceState(Bundle saved) {
        super.onSaveInstanceState(saved);
        saved.putString(AT, chosen);
    }

    @Override
    void show() {
        List<StepList.Item> items = StepList.of(this, panel());
        build(items);
        String open = chosen != null ? chosen : firstUndone(items);
        for (int i = 0; i < items.size(); i++) {
            lines.get(i).show(items.get(i), items.get(i).id.equals(open));
            if (items.get(i).id.equals(asked)) {
                lines.get(i).reveal();
            }
        }
        asked = null;
    }

    private static String firstUndone(List<StepList.Item> items) {
        for (StepList.Item item : items) {
            if (!item.isDone()) {
                return item.id;
            }
        }
        return "";
    }

    /** Lines are made anew only when other steps are there than before. */
    private void build(List<StepList.Item> items) {
        StringBuilder ids = new StringBuilder();
        for (StepList.Item item : items) {
            ids.append(item.id).append(' ');
        }
        if (built.contentEquals(ids)) {
            return;
        }
        built = ids.toString();
        lines.clear();
        ViewGroup content = findViewById(R.id.content);
        content.removeAllViews();
        Parts.<TextView>add(content, R.layout.intro).setText(R.string.steps_about);
        int section = 0;
        ViewGroup card = null;
        for (StepList.Item item : items) {
            if (item.section != section) {
                section = item.section;
                Parts.section(content, section);
                card = Parts.lines(content);
            }
            lines.add(new Line(card, item));
        }
    }

    private void open(StepList.Item item) {
        boolean mayAsk = Build.VERSION.SDK_INT >= 33 && !askedToNotify
                && checkSelfPermission(Manifest.permission.POST_NOTIFICATIONS) != PackageManager.PERMISSION_GRANTED;
        if (item.id.equals(Step.NOTIFICATIONS) && mayAsk) {
            requestPermissions(new String[] {Manifest.permission.POST_NOTIFICATIONS}, ASK_TO_NOTIFY);
        } else {
            open(item.opens);
        }
    }

    @Override
    public void onRequestPermissionsResult(int request, String[] permissions, int[] results) {
        // After a "no" the button leads to the settings.
        askedToNotify |= results.length > 0;
    }

    /** A step on the screen. */
    private final class Line {
        private final View view;
        private final String id;

        Line(ViewGroup into, StepList.Item item) {
            view = Parts.add(into, R.layout.step);
            id = item.id;
            view.<TextView>findViewById(R.id.step_title).setText(item.title);
            view.findViewById(R.id.step_head).setOnClickListener(clicked -> toggle());
            ViewGroup more = view.findViewById(R.id.step_more);
            if (id.equals(Step.ACCESS) && Build.VERSION.SDK_INT >= StepList.RESTRICTS_SDK) {
                note(more, R.string.step_access_restricted);
                quiet(more, R.string.step_access_page,
                        () -> StepsActivity.this.open(StepList.appPage(StepsActivity.this)));
                note(more, R.string.step_access_adb);
                command(more, UNRESTRICT);
            } else if (id.equals(StepList.HIDING)) {
                command(more, UNHIDE);
                note(more, R.string.step_hiding_other);
            }
        }

        void show(StepList.Item item, boolean unfolded) {
            tick(item);
            Parts.say(view.findViewById(R.id.step_text), item.text);
            view.findViewById(R.id.step_body).setVisibility(unfolded ? View.VISIBLE : View.GONE);
            view.findViewById(R.id.step_more).setVisibility(item.tick == StepList.Tick.DONE ? View.GONE : View.VISIBLE);
            Parts.button(view.findViewById(R.id.step_open), item.opens == null ? null : getString(words()),
                    () -> open(item));
            Parts.button(view.findViewById(R.id.step_mark), !item.isByHand() ? null
                    : getString(item.isDone() ? R.string.step_unmark : R.string.step_mark), () -> mark(!item.isDone()));
        }

        /** Once it is laid out. */
        void reveal() {
            ScrollView scroll = findViewById(R.id.scroll);
            scroll.post(() -> {
                Rect place = new Rect(0, 0, view.getWidth(), view.getHeight());
                scroll.offsetDescendantRectToMyCoords(view, place);
                scroll.scrollTo(0, place.top - getResources().getDimensionPixelSize(R.dimen.touch));
            });
        }

        private void tick(StepList.Item item) {
            ImageView tick = view.findViewById(R.id.step_tick);
            if (item.isDone()) {
                Parts.disc(tick, Parts.Mood.GOOD);
            } else if (item.tick == StepList.Tick.OPEN && !item.optional) {
                Parts.disc(tick, Parts.Mood.WARN);
            } else {
                Parts.ring(tick);
            }
            Parts.say(view.findViewById(R.id.step_state), getString(word(item)));
        }

        private int word(StepList.Item item) {
            switch (item.tick) {
                case DONE:
                    return R.string.step_done;
                case BY_HAND:
                    return R.string.step_by_hand;
                case OPEN:
                    return item.optional ? R.string.step_optional : R.string.step_open;
                default:
                    return R.string.step_look;
            }
        }

        private int words() {
            boolean wallet = id.equals(StepList.WECHAT) || id.equals(StepList.ALIPAY);
            return wallet ? R.string.step_wallet_go : id.equals(StepList.APPS) ? R.string.step_apps_go : R.string.step_go;
        }

        private void toggle() {
            boolean unfolded = view.findViewById(R.id.step_body).getVisibility() == View.VISIBLE;
            chosen = unfolded ? "" : id;
            StepsActivity.this.show();
        }

        private void mark(boolean done) {
            new Seen(StepsActivity.this).step(id, done);
            chosen = null;
            StepsActivity.this.show();
        }

        private void note(ViewGroup into, int text) {
            Parts.<TextView>add(into, R.layout.note).setText(text);
        }

        private void quiet(ViewGroup into, int words, Runnable act) {
            Parts.button(Parts.add(into, R.layout.quiet), getString(words), act);
        }

        private void command(ViewGroup into, String command) {
            String whole = String.format(command, getPackageName());
            View box = Parts.add(into, R.layout.command);
            box.<TextView>findViewById(R.id.command_text).setText(whole);
            box.findViewById(R.id.command_copy).setOnClickListener(clicked -> copy(whole));
        }
    }
}
