package app.matcha.bridge;

import android.content.Context;
import android.content.pm.PackageManager;
import android.content.res.Resources;
import android.service.notification.StatusBarNotification;
import app.matcha.bridge.core.Clock;
import app.matcha.bridge.core.HiddenText;
import app.matcha.bridge.core.Notice;
import app.matcha.bridge.core.State;
import java.util.Map;
import java.util.TreeMap;

/**
 * From a posted notification to a row in the outbox. Takes those of watched apps, once this phone is paired, and the one
 * of the self-test; what it took is on the disk when it returns.
 */
final class Capture {
    private static final String HEARD = "heard.";
    private static final String LOST = "capture.lost";

    private final Context context;
    private final Identity identity;
    private final Settings settings;
    private final SqliteOutbox outbox;
    private final State state;
    private final Clock clock;
    private final SelfTestRun selfTest;
    private final Runnable onLoss;

    /** @param onLoss called when a notification could not be kept */
    Capture(Context context, Identity identity, Settings settings, SqliteOutbox outbox, State state, Clock clock,
            SelfTestRun selfTest, Runnable onLoss) {
        this.context = context;
        this.identity = identity;
        this.settings = settings;
        this.outbox = outbox;
        this.state = state;
        this.clock = clock;
        this.selfTest = selfTest;
        this.onLoss = onLoss;
    }

    /**
     * Never throws, whatever was posted: an exception here would make the system let go of the listener.
     *
     * @return true where a notice is new in the outbox
     */
    boolean posted(StatusBarNotification posted, boolean recovered) {
        try {
            return take(posted, recovered);
        } catch (RuntimeException | OutOfMemoryError failed) {
            state.putLong(LOST, lost() + 1);
            onLoss.run();
            return false;
        }
    }

    /** Notifications that could not be kept: the disk is full or broken. */
    long lost() {
        return state.getLong(LOST, 0);
    }

    /** When each watched app was last heard, in milliseconds by the phone's clock. */
    Map<String, Long> lastHeard() {
        Map<String, Long> heard = new TreeMap<>();
        for (String name : settings.watched()) {
            long at = state.getLong(HEARD + name, 0);
            if (at != 0) {
                heard.put(name, at);
            }
        }
        return heard;
    }

    private boolean take(StatusBarNotification posted, boolean recovered) {
        String name = posted.getPackageName();
        boolean test = selfTest.isMine(posted);
        if (!identity.isPaired() || !test && !settings.isWatched(name)) {
            return false;
        }
        Notice.Builder read = NoticeReader.read(posted, recovered);
        Notice notice = read.hidden(hiddenText().kindOf(read, label(name))).build();
        boolean isNew = outbox.add(notice);
        if (test) {
            selfTest.heard(notice.id());
        } else if (!recovered) {
            state.putLong(HEARD + name, clock.nowMillis());
        }
        return isNew;
    }

    /** Asked each time: the owner may change the language. */
    private static HiddenText hiddenText() {
        Resources system = Resources.getSystem();
        int text = system.getIdentifier("redacted_notification_message", "string", "android");
        return new HiddenText(text == 0 ? null : system.getString(text));
    }

    /** What the app calls itself; null where that is not known. */
    private String label(String name) {
        try {
            PackageManager packages = context.getPackageManager();
            return packages.getApplicationLabel(packages.getApplicationInfo(name, 0)).toString();
        } catch (PackageManager.NameNotFoundException unknown) {
            return null;
        }
    }
}
