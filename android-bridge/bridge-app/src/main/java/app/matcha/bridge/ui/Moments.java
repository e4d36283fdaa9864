package app.matcha.bridge.ui;

import android.content.res.Resources;
import app.matcha.bridge.R;
import java.text.DateFormat;
import java.text.SimpleDateFormat;
import java.util.Date;
import java.util.Locale;

/**
 * Moments and spans in the owner's words. Milliseconds by the phone's clock; 0 is "never". A moment in the future, after
 * the clock was set back, is "just now".
 */
final class Moments {
    private final Resources words;
    private final long now;

    Moments(Resources words, long nowMillis) {
        this.words = words;
        this.now = nowMillis;
    }

    /** "5 min ago". */
    String ago(long at) {
        if (at == 0) {
            return words.getString(R.string.never);
        }
        return now - at < 5_000 ? words.getString(R.string.just_now) : words.getString(R.string.ago, span(now - at));
    }

    /** "in 5 min"; a second at least. */
    String ahead(long at) {
        return words.getString(R.string.in_time, span(Math.max(1_000, at - now)));
    }

    /** "5 min": rounded down to the largest unit that fits. */
    String span(long millis) {
        long seconds = Math.max(0, millis) / 1000;
        if (seconds < 60) {
            return words.getString(R.string.seconds, (int) seconds);
        }
        if (seconds < 3600) {
            return words.getString(R.string.minutes, (int) (seconds / 60));
        }
        if (seconds < 2 * 86_400) {
            return words.getString(R.string.hours, (int) (seconds / 3600));
        }
        return words.getString(R.string.days, (int) (seconds / 86_400));
    }

    /** The time of day to the second, with the date before it unless it is today. */
    String exactly(long at) {
        String time = new SimpleDateFormat("HH:mm:ss", Locale.ROOT).format(new Date(at));
        boolean today = day(at).equals(day(now));
        return today ? time : DateFormat.getDateInstance(DateFormat.MEDIUM, words.getConfiguration().getLocales().get(0))
                .format(new Date(at)) + " " + time;
    }

    private static String day(long at) {
        return new SimpleDateFormat("yyyyMMdd", Locale.ROOT).format(new Date(at));
    }
}
