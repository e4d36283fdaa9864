package app.matcha.bridge.core;

import java.io.UnsupportedEncodingException;
import java.net.URLDecoder;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the console shows for a phone to read, as a code to scan, a link to open or a text to paste:
 * {@code matcha://pair?server=<address>&code=XXXXX-XXXXX[&pin=sha256%2F<base64>]}. Found inside of other text too.
 */
public final class PairingPayload {
    /** What is pasted is a message, not a book. */
    private static final int TEXT_CHARS_MAX = 20_000;
    /** Everything that may stand in a URI, so that Chinese punctuation behind it ends it. */
    private static final Pattern LINK = Pattern.compile("matcha://pair/?\\?([A-Za-z0-9\\-._~:/?#@!$&'()*+,;=%]*)",
            Pattern.CASE_INSENSITIVE);
    /** No vowels and no look-alikes, as the server makes them; typed in any case, grouped in any way. */
    private static final Pattern CODE = Pattern.compile("[23456789BCDFGHJKLMNPQRSTVWXYZ]{10}");

    private final String server;
    private final String code;
    private final Pin pin;

    private PairingPayload(String server, String code, Pin pin) {
        this.server = server;
        this.code = code;
        this.pin = pin;
    }

    /**
     * @throws Refused with {@code no_link} (nothing of ours in it), {@code no_server}, {@code no_code}, {@code bad_code} or
     *         {@code bad_pin}; what is asked twice with two answers is {@code ambiguous}
     */
    public static PairingPayload parse(String text) throws Refused {
        String whole = text == null || text.length() > TEXT_CHARS_MAX ? "" : text;
        Matcher link = LINK.matcher(whole.replace("&amp;", "&"));
        if (!link.find()) {
            throw new Refused("no_link");
        }
        PairingPayload found = of(link.group(1));
        while (link.find()) {
            if (!of(link.group(1)).equalTo(found)) {
                throw new Refused("ambiguous");
            }
        }
        return found;
    }

    private static PairingPayload of(String query) throws Refused {
        String server = null;
        String code = null;
        String pin = null;
        // A full stop or bracket of the sentence around it.
        for (String part : query.replaceAll("[.,;:!?')]+$", "").split("&")) {
            int equals = part.indexOf('=');
            String name = equals < 0 ? part : part.substring(0, equals);
            String value = equals < 0 ? "" : decoded(part.substring(equals + 1));
            switch (name) {
                case "server":
                    server = once(server, value);
                    break;
                case "code":
                    code = once(code, value);
                    break;
                case "pin":
                    pin = once(pin, value);
                    break;
                default:
                    // A later server may say more.
            }
        }
        if (server == null || server.isEmpty()) {
            throw new Refused("no_server");
        }
        if (code == null || code.isEmpty()) {
            throw new Refused("no_code");
        }
        return new PairingPayload(server, normalCode(code), pin == null ? null : Pin.parse(pin));
    }

    private static String once(String before, String value) throws Refused {
        if (before != null && !before.equals(value)) {
            throw new Refused("ambiguous");
        }
        return value;
    }

    /** Percent-decoded; a plus is a plus, as in base64, and no space as in a form. */
    private static String decoded(String text) throws Refused {
        try {
            return URLDecoder.decode(text.replace("+", "%2B"), "UTF-8");
        } catch (UnsupportedEncodingException | IllegalArgumentException brokenPercent) {
            throw new Refused("no_link");
        }
    }

    /**
     * A code as the server writes it, {@code XXXXX-XXXXX}, from what a person typed.
     *
     * @throws Refused with {@code bad_code}
     */
    public static String normalCode(String typed) throws Refused {
        String letters = typed.replaceAll("[\\s-]", "").toUpperCase(Locale.ROOT);
        if (!CODE.matcher(letters).matches()) {
            throw new Refused("bad_code");
        }
        return letters.substring(0, 5) + "-" + letters.substring(5);
    }

    private boolean equalTo(PairingPayload other) {
        return server.equals(other.server) && code.equals(other.code)
                && (pin == null ? other.pin == null : pin.equals(other.pin));
    }

    /** The server's address, as it stands there. */
    public String server() {
        return server;
    }

    /** The server's address, checked as {@link ServerAddress#parse} does. */
    public ServerAddress address(boolean plainAllowed) throws Refused {
        return ServerAddress.parse(server, plainAllowed);
    }

    /** The pairing code. Works once and for ten minutes; not for logs. */
    public String code() {
        return code;
    }

    /** The key that the server has; null where none is told. */
    public Pin pin() {
        return pin;
    }

    /** Says nothing of the code. */
    @Override
    public String toString() {
        return "pairing with " + server;
    }
}
