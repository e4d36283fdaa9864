package app.matcha.bridge;

import android.app.NotificationManager;
import android.content.ComponentName;
import android.content.Context;
import android.content.pm.PackageManager;
import android.net.ConnectivityManager;
import android.net.NetworkCapabilities;
import android.os.BatteryManager;
import android.os.Build;
import android.os.PowerManager;
import android.provider.Settings.Secure;
import app.matcha.bridge.core.Health;

/** Looks at the phone: what the app is allowed, battery, network, make. Changes nothing. */
final class Phone {
    private final Context context;

    Phone(Context context) {
        this.context = context;
    }

    /** The package of this app. */
    String ownName() {
        return context.getPackageName();
    }

    static ComponentName listener(Context context) {
        return new ComponentName(context, ReceiptListener.class);
    }

    /** The owner has given notification access. */
    boolean mayListen() {
        ComponentName listener = listener(context);
        if (Build.VERSION.SDK_INT >= 27) {
            return context.getSystemService(NotificationManager.class).isNotificationListenerAccessGranted(listener);
        }
        String all = Secure.getString(context.getContentResolver(), "enabled_notification_listeners");
        for (String name : all == null ? new String[0] : all.split(":")) {
            if (listener.equals(ComponentName.unflattenFromString(name))) {
                return true;
            }
        }
        return false;
    }

    /** This app may show notifications, its alarms among them. */
    boolean mayNotify() {
        return context.getSystemService(NotificationManager.class).areNotificationsEnabled();
    }

    /** Battery optimisation is switched off for this app. */
    boolean isExemptFromDoze() {
        return context.getSystemService(PowerManager.class).isIgnoringBatteryOptimizations(context.getPackageName());
    }

    /** {@code wifi}, {@code cellular}, {@code ethernet}, {@code vpn} (over whatever), {@code other} or {@code none}. */
    String network() {
        ConnectivityManager networks = context.getSystemService(ConnectivityManager.class);
        NetworkCapabilities active;
        try {
            active = networks.getNetworkCapabilities(networks.getActiveNetwork());
        } catch (SecurityException defectOfAndroid11) {
            return "other";
        }
        if (active == null) {
            return "none";
        }
        return active.hasTransport(NetworkCapabilities.TRANSPORT_VPN) ? "vpn"
                : active.hasTransport(NetworkCapabilities.TRANSPORT_WIFI) ? "wifi"
                : active.hasTransport(NetworkCapabilities.TRANSPORT_CELLULAR) ? "cellular"
                : active.hasTransport(NetworkCapabilities.TRANSPORT_ETHERNET) ? "ethernet" : "other";
    }

    String appVersion() {
        try {
            return context.getPackageManager().getPackageInfo(context.getPackageName(), 0).versionName;
        } catch (PackageManager.NameNotFoundException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** All of it, for the heartbeat. */
    Health health() {
        BatteryManager battery = context.getSystemService(BatteryManager.class);
        return new Health().appVersion(appVersion())
                .battery(battery.getIntProperty(BatteryManager.BATTERY_PROPERTY_CAPACITY), battery.isCharging(),
                        isExemptFromDoze())
                .notificationsAllowed(mayNotify()).network(network())
                .phone(Build.VERSION.SDK_INT, Build.MANUFACTURER, Build.MODEL, Build.DISPLAY);
    }
}
