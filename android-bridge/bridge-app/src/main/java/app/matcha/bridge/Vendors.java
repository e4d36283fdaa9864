package app.matcha.bridge;

import android.content.ComponentName;
import android.content.Context;
import android.content.Intent;
import android.content.pm.ActivityInfo;
import android.content.pm.PackageManager;
import android.content.pm.ResolveInfo;
import android.net.Uri;
import android.provider.Settings;

/**
 * The makers' own screens for apps that may start by themselves. Nobody documents them, they move from version to version:
 * the first that is there and open to us is taken, and the app's page in the system settings where there is none.
 */
final class Vendors {
    static final String[] SCREENS = {
        // Xiaomi, Redmi, POCO
        "com.miui.securitycenter/com.miui.permcenter.autostart.AutoStartManagementActivity",
        // Huawei
        "com.huawei.systemmanager/.startupmgr.ui.StartupNormalAppListActivity",
        "com.huawei.systemmanager/.appcontrol.activity.StartupAppControlActivity",
        "com.huawei.systemmanager/.optimize.process.ProtectActivity",
        // Honor
        "com.hihonor.systemmanager/.startupmgr.ui.StartupNormalAppListActivity",
        "com.hihonor.systemmanager/.appcontrol.activity.StartupAppControlActivity",
        // OPPO, OnePlus, realme
        "com.oplus.safecenter/.startupapp.view.StartupAppListActivity",
        "com.coloros.safecenter/.startupapp.StartupAppListActivity",
        "com.coloros.safecenter/.permission.startup.StartupAppListActivity",
        "com.oplus.battery/com.oplus.powermanager.fuelgaue.PowerUsageModelActivity",
        // vivo, iQOO
        "com.vivo.permissionmanager/.activity.BgStartUpManagerActivity",
        "com.iqoo.secure/.ui.phoneoptimize.BgStartUpManager",
        "com.iqoo.secure/.ui.phoneoptimize.AddWhiteListActivity",
        "com.vivo.abe/com.vivo.applicationbehaviorengine.ui.ExcessivePowerManagerActivity",
        // Samsung
        "com.samsung.android.lool/com.samsung.android.sm.battery.ui.BatteryActivity",
        "com.samsung.android.lool/com.samsung.android.sm.ui.battery.BatteryActivity",
        "com.samsung.android.sm_cn/com.samsung.android.sm.ui.battery.BatteryActivity",
    };

    private Vendors() {}

    static Intent autostart(Context context) {
        for (String screen : SCREENS) {
            Intent intent = new Intent().setComponent(ComponentName.unflattenFromString(screen));
            if (isOpen(context, intent)) {
                return intent;
            }
        }
        return appPage(context);
    }

    static Intent appPage(Context context) {
        return new Intent(Settings.ACTION_APPLICATION_DETAILS_SETTINGS,
                Uri.fromParts("package", context.getPackageName(), null));
    }

    private static boolean isOpen(Context context, Intent intent) {
        ResolveInfo found = context.getPackageManager().resolveActivity(intent, 0);
        ActivityInfo screen = found == null ? null : found.activityInfo;
        return screen != null && screen.exported && (screen.permission == null
                || context.checkSelfPermission(screen.permission) == PackageManager.PERMISSION_GRANTED);
    }
}
