package app.matcha.bridge;

import android.content.Context;
import android.content.Intent;
import android.net.Uri;
import android.os.Build;
import android.provider.Settings;
import java.util.Arrays;
import java.util.List;

/** What the owner has to allow, as far as the app can look, in the order in which it is best done. */
public final class Steps {
    private final Context context;
    private final Phone phone;

    Steps(Context context, Phone phone) {
        this.context = context;
        this.phone = phone;
    }

    /** How they stand now. */
    public List<Step> list() {
        return Arrays.asList(
                new Step(Step.ACCESS, done(phone.mayListen()), false, access()),
                new Step(Step.NOTIFICATIONS, done(phone.mayNotify()), false,
                        new Intent(Settings.ACTION_APP_NOTIFICATION_SETTINGS)
                                .putExtra(Settings.EXTRA_APP_PACKAGE, context.getPackageName())),
                new Step(Step.BATTERY, done(phone.isExemptFromDoze()), false, battery()),
                new Step(Step.AUTOSTART, Step.Done.UNKNOWN, false, Vendors.autostart(context)));
    }

    /** The one of that id; null where there is none. */
    public Step step(String id) {
        for (Step step : list()) {
            if (step.id.equals(id)) {
                return step;
            }
        }
        return null;
    }

    private static Step.Done done(boolean yes) {
        return yes ? Step.Done.YES : Step.Done.NO;
    }

    /** Our own switch where the system has a page for it, else the list. */
    private Intent access() {
        if (Build.VERSION.SDK_INT >= 30) {
            Intent own = new Intent(Settings.ACTION_NOTIFICATION_LISTENER_DETAIL_SETTINGS).putExtra(
                    Settings.EXTRA_NOTIFICATION_LISTENER_COMPONENT_NAME, Phone.listener(context).flattenToString());
            if (own.resolveActivity(context.getPackageManager()) != null) {
                return own;
            }
        }
        return new Intent(Settings.ACTION_NOTIFICATION_LISTENER_SETTINGS);
    }

    /** The question itself where it is open; the list of all apps once it is answered. */
    private Intent battery() {
        return phone.isExemptFromDoze() ? new Intent(Settings.ACTION_IGNORE_BATTERY_OPTIMIZATION_SETTINGS)
                : new Intent(Settings.ACTION_REQUEST_IGNORE_BATTERY_OPTIMIZATIONS,
                        Uri.fromParts("package", context.getPackageName(), null));
    }
}
