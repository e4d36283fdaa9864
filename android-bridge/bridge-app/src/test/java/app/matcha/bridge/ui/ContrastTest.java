package app.matcha.bridge.ui;

import static org.junit.Assert.assertTrue;

import java.util.HashMap;
import java.util.Map;
import org.junit.Test;

/** What is written can be read: WCAG AA, by day and by night. */
public final class ContrastTest {
    /** Ink on ground, as the layouts use them. */
    private static final String[][] TEXTS = {
        {"ink", "paper"}, {"ink", "card"}, {"dim", "paper"}, {"dim", "card"}, {"tea", "paper"}, {"tea", "card"},
        {"on_tea", "tea"}, {"good", "good_wash"}, {"warn", "warn_wash"}, {"bad", "bad_wash"}, {"ink", "good_wash"},
        {"ink", "warn_wash"}, {"ink", "bad_wash"}, {"dim", "good_wash"}, {"dim", "warn_wash"}, {"dim", "bad_wash"},
        {"bad", "paper"}, {"bad", "card"}, {"warn", "card"}, {"tea", "good_wash"}, {"tea", "warn_wash"},
        {"tea", "bad_wash"}, {"dim", "line"},
    };
    /** Borders of fields and buttons, and icons. */
    private static final String[][] SHAPES = {
        {"control", "paper"}, {"control", "card"}, {"control", "good_wash"}, {"control", "warn_wash"},
        {"control", "bad_wash"}, {"card", "good"}, {"card", "warn"}, {"card", "bad"}, {"good", "card"},
    };

    @Test
    public void texts_have_four_and_a_half_to_one_and_shapes_three() throws Exception {
        Map<String, String> day = Xml.all("values", "color");
        Map<String, String> night = new HashMap<>(day);
        night.putAll(Xml.all("values-night", "color"));
        check(day, "day");
        check(night, "night");
    }

    private static void check(Map<String, String> colors, String when) {
        for (String[] pair : TEXTS) {
            check(colors, pair, 4.5, when);
        }
        for (String[] pair : SHAPES) {
            check(colors, pair, 3, when);
        }
    }

    private static void check(Map<String, String> colors, String[] pair, double least, String when) {
        double lighter = luminance(colors.get(pair[0]));
        double darker = luminance(colors.get(pair[1]));
        double ratio = (Math.max(lighter, darker) + 0.05) / (Math.min(lighter, darker) + 0.05);
        assertTrue(String.format("%s on %s by %s: %.2f", pair[0], pair[1], when, ratio), ratio >= least);
    }

    private static double luminance(String color) {
        int rgb = Integer.parseInt(color.substring(1), 16);
        return 0.2126 * part(rgb >> 16) + 0.7152 * part(rgb >> 8) + 0.0722 * part(rgb);
    }

    private static double part(int value) {
        double share = (value & 255) / 255.0;
        return share <= 0.04045 ? share / 12.92 : Math.pow((share + 0.055) / 1.055, 2.4);
    }
}
