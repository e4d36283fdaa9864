package app.matcha.bridge.core;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNotNull;
import static org.junit.Assert.assertNull;

import org.junit.Test;

public final class JsonTest {
    @Test
    public void only_a_whole_object_is_one() {
        assertEquals("微\"", Json.object(" {\"a\":\"\\u5fae\\\"\"} ").getString("a"));
        String[] others = {"", " ", "null", "[]", "7", "\"{}\"", "{", "{}}", "{} x", "{\"a\"}", "{'a':1}", "{\"a\":1,}", "{a:1}",
            "{\"a\":01}", "{\"a\":\"\n\"}", "\ufeff", "<html>"};
        for (String other : others) {
            assertNull(other, Json.object(other));
        }
    }

    @Test
    public void brackets_cannot_exhaust_the_stack() {
        assertNull(Json.object("{\"a\":" + "[".repeat(1_000_000)));
        assertNull(Json.object("{\"a\":".repeat(200_000)));
        assertNull(Json.object("{\"a\":" + "[".repeat(40) + "]".repeat(40) + "}"));
        assertNotNull(Json.object("{\"a\":" + "[".repeat(31) + "]".repeat(31) + "}"));
    }

    @Test(timeout = 30_000)
    public void a_number_of_a_million_digits_is_not_computed() {
        assertEquals("b", Json.object("{\"a\":" + "9".repeat(1_000_000) + ",\"code\":\"b\"}").getString("code"));
    }

    @Test
    public void brackets_inside_of_texts_are_text() {
        String brackets = "[".repeat(1000) + "\\\"{";
        assertEquals("[".repeat(1000) + "\"{", Json.object("{\"a\":\"" + brackets + "\"}").getString("a"));
    }
}
