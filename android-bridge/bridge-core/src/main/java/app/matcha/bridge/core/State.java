package app.matcha.bridge.core;

/** Small facts that outlive the process. Durable enough to survive a restart; losing one costs time, never a notice. */
public interface State {
    /** The number kept under that key, or {@code otherwise}. */
    long getLong(String key, long otherwise);

    /** Keeps a number. */
    void putLong(String key, long value);

    /** The text kept under that key, or {@code otherwise}. */
    String getString(String key, String otherwise);

    /** Keeps a text; null forgets the key. */
    void putString(String key, String value);
}
