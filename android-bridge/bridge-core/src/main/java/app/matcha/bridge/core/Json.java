package app.matcha.bridge.core;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonParserException;

/**
 * Reading of answers. nanojson (MIT or Apache 2.0, 31 KB, Java 8 bytecode without reflection) writes and reads strictly
 * and suits Android. What it lacks is here: a bound on depth, because an answer of nothing but brackets would exhaust the
 * stack, and patience with numbers, because one of a million digits would be computed for minutes.
 */
final class Json {
    /** Answers of the server nest three deep. */
    private static final int DEPTH_MAX = 32;

    private Json() {}

    /** The object that a text is, or null where it is none. */
    static JsonObject object(String text) {
        if (depth(text) > DEPTH_MAX) {
            return null;
        }
        try {
            Object value = JsonParser.any().withLazyNumbers().from(text);
            return value instanceof JsonObject ? (JsonObject) value : null;
        } catch (JsonParserException notJson) {
            return null;
        }
    }

    /** How deep brackets nest; those inside of texts do not count. */
    private static int depth(String text) {
        int depth = 0;
        int deepest = 0;
        boolean inText = false;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (inText) {
                if (c == '\\') {
                    i++;
                } else if (c == '"') {
                    inText = false;
                }
            } else if (c == '"') {
                inText = true;
            } else if (c == '[' || c == '{') {
                deepest = Math.max(deepest, ++depth);
            } else if (c == ']' || c == '}') {
                depth--;
            }
        }
        return deepest;
    }
}
