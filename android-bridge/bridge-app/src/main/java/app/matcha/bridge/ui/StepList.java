package app.matcha.bridge.ui;

import android.content.Context;
import android.content.Intent;
import android.net.Uri;
import android.os.Build;
import android.provider.Settings;
import app.matcha.bridge.R;
import app.matcha.bridge.Step;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * All steps of setting up, in the order in which they are best done: those the app can look up itself, and those it has
 * to take the owner's word for. What a step is for is decided here; how it is shown is {@link StepsActivity}'s.
 */
final class StepList {
    static final String WECHAT = "wechat";
    static final String ALIPAY = "alipay";
    static final String CENT = "cent";
    static final String HIDING = "hiding";
    static final String VENDOR = "vendor";
    static final String APPS = "apps";
    /** The first Android that hides texts from listeners. */
    static final int HIDES_TEXTS_SDK = 35;
    /** The first Android that keeps notification access from apps that came as a file. */
    static final int RESTRICTS_SDK = 33;

    /** Where a step stands. */
    enum Tick {
        DONE, BY_HAND, OPEN, LOOK
    }

    /** One step. Immutable. */
    static final class Item {
        final String id;
        final int section;
        final String title;
        final String text;
        final Tick tick;
        final boolean optional;
        /** What its button opens; null where there is nothing to open. */
        final Intent opens;

        Item(String id, int section, String title, String text, Tick tick, boolean optional, Intent opens) {
            this.id = id;
            this.section = section;
            this.title = title;
            this.text = text;
            this.tick = tick;
            this.optional = optional;
            this.opens = opens;
        }

        boolean isDone() {
            return tick == Tick.DONE || tick == Tick.BY_HAND;
        }

        /** True where only the owner can say that it is done. */
        boolean isByHand() {
            return tick == Tick.BY_HAND || tick == Tick.LOOK;
        }
    }

    private final Context context;
    private final Panel panel;
    private final Seen seen;
    private final List<Item> items = new ArrayList<>();

    private StepList(Context context, Panel panel) {
        this.context = context;
        this.panel = panel;
        seen = new Seen(context);
    }

    /** Everything, in order. */
    static List<Item> of(Context context, Panel panel) {
        StepList list = new StepList(context, panel);
        list.fill();
        return list.items;
    }

    /** Steps that are surely not done, and that matter. */
    static int open(Context context, Panel panel) {
        int open = 0;
        for (Item item : of(context, panel)) {
            open += item.tick == Tick.OPEN && !item.optional ? 1 : 0;
        }
        return open;
    }

    /** Steps without a tick, those the app cannot look at among them. */
    static int unticked(Context context, Panel panel) {
        int unticked = 0;
        for (Item item : of(context, panel)) {
            unticked += item.isDone() || item.optional ? 0 : 1;
        }
        return unticked;
    }

    /** This app's own page in the system settings. */
    static Intent appPage(Context context) {
        return new Intent(Settings.ACTION_APPLICATION_DETAILS_SETTINGS,
                Uri.fromParts("package", context.getPackageName(), null));
    }

    private void fill() {
        looked(Step.ACCESS, R.string.steps_hear, R.string.step_access, R.string.step_access_text);
        apps();
        looked(Step.NOTIFICATIONS, R.string.steps_awake, R.string.step_notify, R.string.step_notify_text);
        looked(Step.BATTERY, R.string.steps_awake, R.string.step_battery, R.string.step_battery_text);
        vendor();
        wallet(WECHAT, Apps.WECHAT, R.string.step_wechat, R.string.step_wechat_text);
        wallet(ALIPAY, Apps.ALIPAY, R.string.step_alipay, R.string.step_alipay_text);
        byHand(CENT, R.string.steps_wallets, R.string.step_cent, R.string.step_cent_text, null);
        if (Build.VERSION.SDK_INT >= HIDES_TEXTS_SDK || panel.status().hidden > 0) {
            byHand(HIDING, R.string.steps_hiding, R.string.step_hiding, R.string.step_hiding_text, null);
        }
    }

    private void looked(String id, int section, int title, int text) {
        Step step = panel.step(id);
        Tick tick = step.done == Step.Done.YES ? Tick.DONE : step.done == Step.Done.NO ? Tick.OPEN : hand(id);
        add(id, section, title, context.getString(text), tick, step.optional, step.toOpen);
    }

    private void apps() {
        Collection<String> watched = panel.watched();
        String text = context.getString(R.string.step_apps_text)
                + (watched.isEmpty() ? "" : "\n\n" + names(context, watched));
        add(APPS, R.string.steps_hear, R.string.step_apps, text, watched.isEmpty() ? Tick.OPEN : Tick.DONE, false,
                new Intent(context, AppsActivity.class));
    }

    private void vendor() {
        int text = Vendor.of(Build.MANUFACTURER, Build.BRAND).text;
        byHand(VENDOR, R.string.steps_awake, R.string.step_vendor, text, panel.step(Step.AUTOSTART).toOpen);
    }

    /** Only wallets that are watched and there: nobody has to set up what he does not use. */
    private void wallet(String id, String packageName, int title, int text) {
        if (panel.watched().contains(packageName) && Apps.isInstalled(context, packageName)) {
            byHand(id, R.string.steps_wallets, title, text, new Intent(Settings.ACTION_APP_NOTIFICATION_SETTINGS)
                    .putExtra(Settings.EXTRA_APP_PACKAGE, packageName));
        }
    }

    private void byHand(String id, int section, int title, int text, Intent opens) {
        add(id, section, title, context.getString(text), hand(id), false, opens);
    }

    private Tick hand(String id) {
        return seen.step(id) ? Tick.BY_HAND : Tick.LOOK;
    }

    private void add(String id, int section, int title, String text, Tick tick, boolean optional, Intent opens) {
        items.add(new Item(id, section, context.getString(title), text, tick, optional, opens));
    }

    /** Names of apps in one line. */
    static String names(Context context, Collection<String> packages) {
        StringBuilder names = new StringBuilder();
        for (String name : packages) {
            names.append(names.length() == 0 ? "" : " · ").append(Apps.label(context, name));
        }
        return names.toString();
    }
}
