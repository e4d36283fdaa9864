package app.matcha.bridge;

import android.content.BroadcastReceiver;
import android.content.Context;
import android.content.Intent;

/** Wakes the bridge after a boot, after an update of the app, and when {@link Wakeup} asked for it. */
public final class StartReceiver extends BroadcastReceiver {
    @Override
    public void onReceive(Context context, Intent intent) {
        String what = String.valueOf(intent.getAction());
        Bridge bridge = Bridge.of(context);
        if (what.equals(Intent.ACTION_BOOT_COMPLETED) || what.equals(Wakeup.ACTION)) {
            bridge.awake();
        } else if (what.equals(Intent.ACTION_MY_PACKAGE_REPLACED)) {
            // After an update many phones show the access as granted and bind nothing.
            bridge.rebind();
            bridge.awake();
        }
    }
}
