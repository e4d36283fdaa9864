package app.matcha.bridge.core;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** A state that lives as long as the test. */
public final class MemoryState implements State {
    private final Map<String, Object> kept = new ConcurrentHashMap<>();

    @Override
    public long getLong(String key, long otherwise) {
        return (Long) kept.getOrDefault(key, otherwise);
    }

    @Override
    public void putLong(String key, long value) {
        kept.put(key, value);
    }

    @Override
    public String getString(String key, String otherwise) {
        return kept.containsKey(key) ? (String) kept.get(key) : otherwise;
    }

    @Override
    public void putString(String key, String value) {
        if (value == null) {
            kept.remove(key);
        } else {
            kept.put(key, value);
        }
    }
}
