package app.matcha.bridge.ui;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.Test;

/** The two languages say the same things. */
public final class StringsTest {
    private static final Pattern PLACEHOLDER = Pattern.compile("%(\\d+\\$)?[a-z]");

    @Test
    public void every_text_is_there_in_both_languages() throws Exception {
        assertEquals(Xml.all("values", "string").keySet(), Xml.all("values-zh", "string").keySet());
    }

    @Test
    public void placeholders_agree_and_are_numbered() throws Exception {
        Map<String, String> chinese = Xml.all("values-zh", "string");
        for (Map.Entry<String, String> text : Xml.all("values", "string").entrySet()) {
            List<String> wanted = placeholders(text.getValue());
            assertEquals(text.getKey(), wanted, placeholders(chinese.get(text.getKey())));
            for (String placeholder : wanted) {
                assertTrue(text.getKey() + " " + placeholder, placeholder.contains("$"));
            }
        }
    }

    @Test
    public void chinese_is_chinese_and_english_is_not() throws Exception {
        for (Map.Entry<String, String> text : Xml.all("values-zh", "string").entrySet()) {
            // A link looks the same in both.
            boolean same = text.getKey().equals("pair_link_hint") || text.getKey().equals("notice_from");
            assertEquals(text.getKey(), !same, text.getValue().matches("(?s).*\\p{IsHan}.*"));
        }
        for (Map.Entry<String, String> text : Xml.all("values", "string").entrySet()) {
            // The wallets' own menus have no English names.
            boolean menus = text.getKey().startsWith("step_");
            assertTrue(text.getKey(), menus || !text.getValue().matches("(?s).*\\p{IsHan}.*"));
        }
    }

    @Test
    public void nobody_forgot_a_blank_or_left_two() throws Exception {
        for (String folder : new String[] {"values", "values-zh"}) {
            for (Map.Entry<String, String> text : Xml.all(folder, "string").entrySet()) {
                assertFalse(folder + " " + text.getKey(), text.getValue().trim().isEmpty());
                assertFalse(folder + " " + text.getKey(), text.getValue().contains("  "));
            }
        }
    }

    @Test
    public void every_text_is_used() throws Exception {
        StringBuilder all = new StringBuilder();
        try (Stream<Path> files = Files.walk(Paths.get("src/main"))) {
            for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
                all.append(new String(Files.readAllBytes(file), StandardCharsets.UTF_8));
            }
        }
        for (String name : Xml.all("values", "string").keySet()) {
            assertTrue(name, Pattern.compile("(R\\.string\\.|@string/)" + name + "\\b").matcher(all).find());
        }
    }

    @Test
    public void layouts_hold_no_words_of_their_own() throws Exception {
        Pattern literal = Pattern.compile("android:(text|hint|contentDescription)=\"(?!@)[^\"]*\"");
        for (File layout : Xml.layouts()) {
            String source = new String(Files.readAllBytes(layout.toPath()), StandardCharsets.UTF_8);
            assertFalse(layout.getName(), literal.matcher(source).find());
        }
    }

    private static List<String> placeholders(String text) {
        List<String> found = new ArrayList<>();
        Matcher matcher = PLACEHOLDER.matcher(text);
        while (matcher.find()) {
            found.add(matcher.group());
        }
        Collections.sort(found);
        return found;
    }
}
