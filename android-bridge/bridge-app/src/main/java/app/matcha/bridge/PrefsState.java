package app.matcha.bridge;

import android.content.Context;
import android.content.SharedPreferences;
import app.matcha.bridge.core.State;

/** Small facts in a preferences file of their own. Written soon, not at once: losing one costs time, never a notice. */
final class PrefsState implements State {
    private final SharedPreferences kept;

    PrefsState(Context context) {
        kept = context.getSharedPreferences("state", Context.MODE_PRIVATE);
    }

    @Override
    public long getLong(String key, long otherwise) {
        return kept.getLong(key, otherwise);
    }

    @Override
    public void putLong(String key, long value) {
        kept.edit().putLong(key, value).apply();
    }

    @Override
    public String getString(String key, String otherwise) {
        return kept.getString(key, otherwise);
    }

    @Override
    public void putString(String key, String value) {
        kept.edit().putString(key, value).apply();
    }
}
