package app.matcha.bridge.ui;

import android.content.Context;
import android.content.Intent;
import android.content.pm.PackageManager;
import android.content.pm.ResolveInfo;
import android.graphics.drawable.Drawable;
import app.matcha.bridge.R;
import java.text.Collator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The apps on this phone by their names. Sees those with an icon in the launcher, and no others. */
final class Apps {
    static final String WECHAT = "com.tencent.mm";
    static final String ALIPAY = "com.eg.android.AlipayGphone";
    static final String WECOM = "com.tencent.wework";
    /** Those that announce money; first in every list. */
    static final List<String> WALLETS = Arrays.asList(WECHAT, ALIPAY, WECOM);

    private Apps() {}

    /** What the app calls itself; our own word for a wallet that is not here; else the package. */
    static String label(Context context, String name) {
        PackageManager packages = context.getPackageManager();
        try {
            return packages.getApplicationInfo(name, 0).loadLabel(packages).toString();
        } catch (PackageManager.NameNotFoundException notHere) {
            return fallback(context, name);
        }
    }

    static boolean isInstalled(Context context, String name) {
        try {
            context.getPackageManager().getApplicationInfo(name, 0);
            return true;
        } catch (PackageManager.NameNotFoundException notHere) {
            return false;
        }
    }

    /** The app's icon; null where it is not installed. */
    static Drawable icon(Context context, String name) {
        try {
            return context.getPackageManager().getApplicationIcon(name);
        } catch (PackageManager.NameNotFoundException notHere) {
            return null;
        }
    }

    /** The wallets, what is watched, then all others by name; never this app itself. */
    static List<String> choices(Context context, Collection<String> watched) {
        Set<String> choices = new LinkedHashSet<>(WALLETS);
        choices.addAll(watched);
        Intent launchers = new Intent(Intent.ACTION_MAIN).addCategory(Intent.CATEGORY_LAUNCHER);
        List<String> others = new ArrayList<>();
        for (ResolveInfo found : context.getPackageManager().queryIntentActivities(launchers, 0)) {
            others.add(found.activityInfo.packageName);
        }
        Collator order = Collator.getInstance(context.getResources().getConfiguration().getLocales().get(0));
        others.sort((a, b) -> order.compare(label(context, a), label(context, b)));
        choices.addAll(others);
        choices.remove(context.getPackageName());
        return new ArrayList<>(choices);
    }

    private static String fallback(Context context, String name) {
        switch (name) {
            case WECHAT:
                return context.getString(R.string.wechat);
            case ALIPAY:
                return context.getString(R.string.alipay);
            case WECOM:
                return context.getString(R.string.wecom);
            default:
                return name;
        }
    }
}
