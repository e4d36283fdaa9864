package app.matcha.bridge.core;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Tells a notification whose words the phone hid from one that says something.
 *
 * <p>Three ways are known: the system redacts it for listeners that it does not trust (Android 15 and later, and makers'
 * own rules), the app's own switch for details is off, or there are no words at all. Whatever is found, the notice is
 * sent all the same; this only makes the loss visible. Texts that merely contain such words are not hidden: all that is
 * said must be a placeholder.
 */
public final class HiddenText {
    /** The system, or the phone's maker, replaced the words. */
    public static final String REDACTED = "redacted";
    /** The app posts a mere "new message", because its details are switched off. */
    public static final String DETAILS_OFF = "details_off";
    /** There are no words. */
    public static final String EMPTY = "empty";

    /** Placeholders are short; what is longer was written by somebody. */
    private static final int PLACEHOLDER_CHARS_MAX = 100;

    /** AOSP's own words in English and both Chinese scripts, and those of ColorOS and HyperOS. */
    private static final Pattern REDACTIONS = Pattern.compile(
            "\\[?(?:"
            + "(?:sensitive |private )?(?:notification )?contents? (?:is |are |was |were )?hidden(?: by (?:the )?system)?"
            + "|(?:the )?system has hidden the notification contents?.*"
            + "|(?:系统|系統)?(?:为保护隐私|為保護隱私)?[,，]?(?:已|已将|已將)?(?:隐藏|隱藏).{0,12}(?:通知|消息|訊息)(?:的)?(?:详细)?(?:内容|內容)"
            + "|(?:敏感|私密|隐私|隱私|含有?.{0,8}的)?(?:通知|消息)?(?:内容|內容)(?:已|已被|被)(?:系统|系統)?(?:隐藏|隱藏)"
            + ")\\]?[.。]?", Pattern.CASE_INSENSITIVE);

    private static final Pattern NEW_MESSAGES = Pattern.compile(
            "\\[?(?:"
            + "(?:[你您](?:收到了?|有)?)?(?:收到)?了?(?:一|[0-9]+) ?[条個个則则]新?(?:消息|通知|信息|訊息)"
            + "|[0-9]+ ?个联系人发来 ?[0-9]+ ?[个条]消息"
            + "|(?:you have |you've |you )?(?:received |got )?(?:an? |[0-9]+ )?new (?:messages?|notifications?)(?: received)?"
            + "|(?:you have |you've |you )(?:received |got )?(?:an? |[0-9]+ )(?:messages?|notifications?)"
            + ")\\]?[.。]?", Pattern.CASE_INSENSITIVE);

    private final String systemRedaction;

    /**
     * @param systemRedaction what this phone's system puts in place of words it hides, in its present language
     *         ({@code android:string/redacted_notification_message}); null where it has no such text
     */
    public HiddenText(String systemRedaction) {
        this.systemRedaction = systemRedaction == null || systemRedaction.trim().isEmpty() ? null : systemRedaction.trim();
    }

    /**
     * How the words of a notification are hidden, or null where they are not.
     *
     * @param appLabel the name of the app that posted it; null where it is not known
     */
    public String kindOf(Notice.Builder notification, String appLabel) {
        List<String> said = words(notification);
        boolean titleSaysNothing = isBlank(notification.title) || notification.title.equals(appLabel);
        if (said.isEmpty()) {
            // Summaries of groups and standing notifications often have no words; an amount may be in the title.
            boolean expected = notification.groupSummary || notification.ongoing;
            return titleSaysNothing && !expected ? EMPTY : null;
        }
        if (all(said, this::isRedaction)) {
            return REDACTED;
        }
        // A friend may write "new message"; the app itself writes it under its own name.
        boolean byTheApp = titleSaysNothing || appLabel == null;
        return byTheApp && all(said, HiddenText::isNewMessage) ? DETAILS_OFF : null;
    }

    /** All that is said besides the title; the ticker repeats it. */
    private static List<String> words(Notice.Builder notification) {
        List<String> said = new ArrayList<>();
        add(said, notification.text);
        add(said, notification.bigText);
        for (String line : notification.lines) {
            add(said, line);
        }
        for (Notice.Message message : notification.messages()) {
            add(said, message.text);
        }
        return said;
    }

    private static void add(List<String> said, String text) {
        if (!isBlank(text)) {
            said.add(text.trim());
        }
    }

    private static boolean isBlank(String text) {
        return text == null || text.trim().isEmpty();
    }

    private boolean isRedaction(String text) {
        return text.equals(systemRedaction) || isWhole(REDACTIONS, text);
    }

    private static boolean isNewMessage(String text) {
        return isWhole(NEW_MESSAGES, text);
    }

    private static boolean isWhole(Pattern pattern, String text) {
        return text.length() <= PLACEHOLDER_CHARS_MAX && pattern.matcher(text).matches();
    }

    private static boolean all(List<String> texts, java.util.function.Predicate<String> test) {
        for (String text : texts) {
            if (!test.test(text)) {
                return false;
            }
        }
        return true;
    }
}
