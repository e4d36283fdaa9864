package app.matcha.bridge;

import android.app.Notification;
import android.os.Bundle;
import android.os.Parcelable;
import android.service.notification.StatusBarNotification;
import app.matcha.bridge.core.Notice;

/**
 * Copies everything a notification says into a notice. Knows where Android keeps which text; refuses to know what they
 * mean. Whatever an app puts into its extras, this returns: a field that cannot be read is as if it were not there.
 */
final class NoticeReader {
    // The keys under which MessagingStyle keeps a message. Its own reader of them is public only since Android 11.
    private static final String MESSAGE_TEXT = "text";
    private static final String MESSAGE_TIME = "time";
    private static final String MESSAGE_SENDER = "sender";

    private final Notification notification;
    private final Bundle extras;

    private NoticeReader(Notification notification) {
        this.notification = notification;
        extras = notification.extras == null ? new Bundle() : notification.extras;
    }

    /** @param recovered it was found standing, not heard when it came */
    static Notice.Builder read(StatusBarNotification posted, boolean recovered) {
        Notification notification = posted.getNotification();
        Notice.Builder notice = Notice.builder(posted.getPackageName(), posted.getPostTime())
                .key(posted.getKey()).tag(posted.getTag()).notificationId(posted.getId()).user(user(posted))
                .recovered(recovered);
        if (notification != null) {
            new NoticeReader(notification).fill(notice);
        }
        return notice;
    }

    /** The number of the Android user. Its other name, {@code UserHandle.getIdentifier}, is hidden. */
    @SuppressWarnings("deprecation")
    private static int user(StatusBarNotification posted) {
        return posted.getUserId();
    }

    private void fill(Notice.Builder notice) {
        notice.channelId(notification.getChannelId()).category(notification.category).group(notification.getGroup())
                .when(notification.when)
                .ongoing((notification.flags & Notification.FLAG_ONGOING_EVENT) != 0)
                .groupSummary((notification.flags & Notification.FLAG_GROUP_SUMMARY) != 0)
                .title(words(Notification.EXTRA_TITLE)).titleBig(words(Notification.EXTRA_TITLE_BIG))
                .text(words(Notification.EXTRA_TEXT)).bigText(words(Notification.EXTRA_BIG_TEXT))
                .subText(words(Notification.EXTRA_SUB_TEXT)).infoText(words(Notification.EXTRA_INFO_TEXT))
                .summaryText(words(Notification.EXTRA_SUMMARY_TEXT)).ticker(plain(notification.tickerText));
        lines(notice);
        messages(notice);
    }

    /** Not {@code getString}: that has nothing for a text with bold or coloured parts. */
    private String words(String key) {
        try {
            return plain(extras.getCharSequence(key));
        } catch (RuntimeException unreadable) {
            return null;
        }
    }

    private static String plain(CharSequence text) {
        try {
            return text == null ? null : text.toString();
        } catch (RuntimeException unreadable) {
            return null;
        }
    }

    private void lines(Notice.Builder notice) {
        try {
            CharSequence[] lines = extras.getCharSequenceArray(Notification.EXTRA_TEXT_LINES);
            for (int i = 0; lines != null && i < lines.length; i++) {
                notice.line(plain(lines[i]));
            }
        } catch (RuntimeException unreadable) {
            // As far as they could be read.
        }
    }

    // The typed getter came with Android 13.
    @SuppressWarnings("deprecation")
    private void messages(Notice.Builder notice) {
        try {
            Parcelable[] messages = extras.getParcelableArray(Notification.EXTRA_MESSAGES);
            for (int i = 0; messages != null && i < messages.length; i++) {
                if (messages[i] instanceof Bundle) {
                    Bundle message = (Bundle) messages[i];
                    notice.message(plain(message.getCharSequence(MESSAGE_TEXT)), message.getLong(MESSAGE_TIME),
                            plain(message.getCharSequence(MESSAGE_SENDER)));
                }
            }
        } catch (RuntimeException unreadable) {
            // As far as they could be read.
        }
    }
}
