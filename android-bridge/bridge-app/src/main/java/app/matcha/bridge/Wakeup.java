package app.matcha.bridge;

import android.app.AlarmManager;
import android.app.PendingIntent;
import android.content.Context;
import android.content.Intent;
import android.os.SystemClock;

/**
 * Has the system wake the phone, so that a retry and a heartbeat come although the processor sleeps. Inexact: Android
 * moves it by minutes, and in deep sleep lets it through about every nine.
 */
final class Wakeup {
    /** What {@link StartReceiver} hears. */
    static final String ACTION = "app.matcha.bridge.WAKEUP";
    /** The server takes a phone for silent after five minutes at the earliest. Milliseconds. */
    static final long BEAT_AT_LATEST = 3 * 60_000;

    private final Context context;

    Wakeup(Context context) {
        this.context = context;
    }

    /** In so many milliseconds, in place of what was set before. */
    void in(long millis) {
        alarms().setAndAllowWhileIdle(AlarmManager.ELAPSED_REALTIME_WAKEUP, SystemClock.elapsedRealtime() + millis, call());
    }

    void cancel() {
        alarms().cancel(call());
    }

    private AlarmManager alarms() {
        return context.getSystemService(AlarmManager.class);
    }

    private PendingIntent call() {
        Intent intent = new Intent(ACTION).setClass(context, StartReceiver.class);
        return PendingIntent.getBroadcast(context, 0, intent, PendingIntent.FLAG_IMMUTABLE | PendingIntent.FLAG_UPDATE_CURRENT);
    }
}
