package app.matcha.bridge;

import android.content.Context;
import android.content.SharedPreferences;
import java.util.Arrays;
import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;

/** What the owner chose: whose notifications are read. Everything else is part of the pairing. */
public final class Settings {
    /** Read unless the owner says otherwise: WeChat, Alipay, WeCom. */
    public static final Set<String> WALLETS = Collections.unmodifiableSet(new TreeSet<>(
            Arrays.asList("com.tencent.mm", "com.eg.android.AlipayGphone", "com.tencent.wework")));
    private static final String WATCHED = "watched";

    private final SharedPreferences kept;

    Settings(Context context) {
        kept = context.getSharedPreferences("settings", Context.MODE_PRIVATE);
    }

    /** The packages whose notifications are forwarded, in order of their names. */
    public Set<String> watched() {
        return Collections.unmodifiableSet(new TreeSet<>(kept.getStringSet(WATCHED, WALLETS)));
    }

    public boolean isWatched(String packageName) {
        return kept.getStringSet(WATCHED, WALLETS).contains(packageName);
    }

    /** Counts from the next notification on. */
    public void watch(Set<String> packages) {
        kept.edit().putStringSet(WATCHED, new TreeSet<>(packages)).apply();
    }
}
