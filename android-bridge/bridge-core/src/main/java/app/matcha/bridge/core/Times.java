package app.matcha.bridge.core;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Instants as the contract writes them: RFC 3339, UTC, milliseconds. */
final class Times {
    /** The years that RFC 3339 can write. A phone's clock can be anywhere. */
    private static final long FIRST = -62_167_219_200_000L;
    private static final long LAST = 253_402_300_799_999L;
    private static final DateTimeFormatter RFC_3339 =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

    private Times() {}

    static String rfc3339(long millis) {
        return RFC_3339.format(Instant.ofEpochMilli(Math.max(FIRST, Math.min(LAST, millis))));
    }

    /** Milliseconds since 1970, or null where the text is no such time. */
    static Long millis(String rfc3339) {
        if (rfc3339 == null) {
            return null;
        }
        try {
            return OffsetDateTime.parse(rfc3339).toInstant().toEpochMilli();
        } catch (DateTimeException | ArithmeticException notATime) {
            return null;
        }
    }
}
