package app.matcha.bridge;

import android.app.Notification;
import android.app.Service;
import android.content.Context;
import android.content.Intent;
import android.content.pm.ServiceInfo;
import android.os.Build;
import android.os.IBinder;

/**
 * Keeps the process in the foreground, so that makers' task killers let it live and the owner sees that it listens. Does
 * nothing itself: the bridge works without it where it is not allowed to start, only less surely.
 */
public final class BridgeService extends Service {
    /**
     * Starts it where the system allows that now.
     *
     * @return false where it does not: an app in the background may start one only after boot, after an update, or without
     *         battery optimisation
     */
    static boolean start(Context context) {
        try {
            return context.startForegroundService(new Intent(context, BridgeService.class)) != null;
        } catch (IllegalStateException | SecurityException notNow) {
            return false;
        }
    }

    static void stop(Context context) {
        context.stopService(new Intent(context, BridgeService.class));
    }

    @Override
    public void onCreate() {
        super.onCreate();
        Bridge bridge = Bridge.of(this);
        bridge.foreground(showStanding(bridge.standing()));
    }

    @Override
    public int onStartCommand(Intent intent, int flags, int startId) {
        Bridge bridge = Bridge.of(this);
        if (!bridge.isForeground()) {
            stopSelf();
            return START_NOT_STICKY;
        }
        bridge.awake();
        return START_STICKY;
    }

    @Override
    public void onDestroy() {
        Bridge.of(this).foreground(false);
        super.onDestroy();
    }

    @Override
    public IBinder onBind(Intent intent) {
        return null;
    }

    private boolean showStanding(Notification standing) {
        try {
            if (Build.VERSION.SDK_INT >= 34) {
                startForeground(Alarms.STANDING_ID, standing, ServiceInfo.FOREGROUND_SERVICE_TYPE_SPECIAL_USE);
            } else {
                startForeground(Alarms.STANDING_ID, standing);
            }
            return true;
        } catch (IllegalStateException | SecurityException notNow) {
            return false;
        }
    }
}
