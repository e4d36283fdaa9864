package app.matcha.bridge.core;

/** Texts of other apps made fit for JSON and bounded, and otherwise left alone. */
final class Texts {
    private Texts() {}

    /**
     * The text with halves of surrogate pairs replaced (U+FFFD). Apps cut texts in the middle of an emoji; such a half
     * is no Unicode and would make the server refuse the whole notice.
     */
    static String clean(CharSequence text) {
        if (text == null) {
            return null;
        }
        String whole = text.toString();
        StringBuilder mended = null;
        for (int i = 0; i < whole.length(); i++) {
            char c = whole.charAt(i);
            boolean pair = Character.isHighSurrogate(c) && i + 1 < whole.length()
                    && Character.isLowSurrogate(whole.charAt(i + 1));
            if (pair) {
                i++;
            } else if (Character.isSurrogate(c)) {
                mended = mended == null ? new StringBuilder(whole) : mended;
                mended.setCharAt(i, '\uFFFD');
            }
        }
        return mended == null ? whole : mended.toString();
    }

    /** The first {@code max} characters (code points) of a clean text. */
    static String head(String text, int max) {
        boolean fits = text.length() <= max || text.codePointCount(0, text.length()) <= max;
        return fits ? text : text.substring(0, text.offsetByCodePoints(0, max));
    }
}
