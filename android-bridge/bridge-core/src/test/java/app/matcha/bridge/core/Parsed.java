package app.matcha.bridge.core;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonParserException;

/** JSON that was written here, read with its numbers as numbers. */
final class Parsed {
    private Parsed() {}

    static JsonObject object(String json) {
        try {
            return JsonParser.object().from(json);
        } catch (JsonParserException broken) {
            throw new AssertionError(json, broken);
        }
    }
}
